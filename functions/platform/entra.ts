import { ManagedIdentityCredential } from "@azure/identity";
import { ConfidentialClientApplication, type INetworkModule, ServerError } from "@azure/msal-node";
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { isGuid } from "../../config/rules/entra-id.ts";
import { issuerKeys } from "./issuer-keys.ts";
import { timeLeft } from "./request-scope.ts";

/** Every call to Entra ends after this many milliseconds, or sooner when the request has less left. */
const ENTRA_TIMEOUT_MS = 8_000;

export interface EntraApplication {
  /** Entra's sign-in host in the application's cloud; no slash at the end. */
  readonly authorityHost: string;
  /** The home tenant: the application's registration and its managed identity are there. */
  readonly tenantId: string;
  /** Other tenants whose users may sign in. */
  readonly furtherTenantIds: readonly string[];
  readonly clientId: string;
  readonly managedIdentityClientId: string;
  /** Audience of the managed identity's token when it serves as a client assertion (workload identity federation). */
  readonly tokenExchangeAudience: string;
}

/** In place of a tenant, where people of any tenant may sign in; no token is ever issued by it. */
const ANY_ORGANIZATION = "organizations";

/** @returns every tenant whose users may sign in, the home tenant first */
export function allowedTenants({
  tenantId,
  furtherTenantIds,
}: Pick<EntraApplication, "tenantId" | "furtherTenantIds">): readonly string[] {
  return [...new Set([tenantId, ...furtherTenantIds])];
}

/** @returns where people sign in, in place of a tenant's ID: at their own tenant's, where others than the home tenant may */
export function signInAuthority(app: Pick<EntraApplication, "tenantId" | "furtherTenantIds">): string {
  return allowedTenants(app).length > 1 ? ANY_ORGANIZATION : app.tenantId;
}

/**
 * A tenant's v2.0 endpoints and issuer. Computed, so that no app needs a discovery call before its first sign-in.
 *
 * @param authority.tenantId or what {@link signInAuthority} gives, whose issuer may be none
 */
export function entraEndpoints({
  authorityHost,
  tenantId,
}: Pick<EntraApplication, "authorityHost" | "tenantId">) {
  const tenant = `${authorityHost.replace(/\/$/, "")}/${tenantId}`;
  return {
    issuer: `${tenant}/v2.0`,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    end_session_endpoint: `${tenant}/oauth2/v2.0/logout`,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
  };
}

/**
 * Gives msal clients of one application.
 *
 * @param tenantId whose users' tokens are wanted, or what {@link signInAuthority} gives; the home tenant when left out
 */
type EntraClients = (tenantId?: string) => ConfidentialClientApplication;

interface EntraClientsOptions {
  readonly capabilities?: readonly string[];
  readonly through?: Through;
}

/**
 * A source of msal clients for one application that authenticates with its managed identity's token as client
 * assertion, which is the home tenant's for users of every tenant. Each call gives a client of its own, because msal keeps
 * its token cache in the client.
 *
 * @param app whose registration signs in
 * @param options.capabilities what the application can do about a token that a resource refuses ("cp1": it takes claims challenges)
 * @param options.through makes each call to Entra; whatever msal has in its cache needs none
 */
export function entraClients(
  app: EntraApplication,
  { capabilities = [], through = (call) => call() }: EntraClientsOptions = {},
): EntraClients {
  const identity = new ManagedIdentityCredential({ clientId: app.managedIdentityClientId });
  const { host } = new URL(app.authorityHost);
  const clientAssertion = async () => {
    const { token } = await identity.getToken(`${app.tokenExchangeAudience}/.default`, {
      abortSignal: AbortSignal.timeout(timeLeft(ENTRA_TIMEOUT_MS)),
    });
    return token;
  };
  return (tenantId = app.tenantId) =>
    new ConfidentialClientApplication({
      auth: {
        clientId: app.clientId,
        // msal insists on https here; every request goes to the endpoints below.
        authority: `https://${host}/${tenantId}`,
        knownAuthorities: [host],
        authorityMetadata: JSON.stringify(entraEndpoints({ ...app, tenantId })),
        clientAssertion,
        clientCapabilities: [...capabilities],
      },
      system: { networkClient: network(through) },
    });
}

/** Makes a call, or throws without making it. */
export type Through = <T>(call: () => Promise<T>) => Promise<T>;

/** msal's network over `fetch`, with a timeout; msal's own has none. */
function network(through: Through): INetworkModule {
  return {
    sendGetRequestAsync: <T>(url: string, options?: NetworkOptions) =>
      through(() => send<T>("GET", url, options)),
    sendPostRequestAsync: <T>(url: string, options?: NetworkOptions) =>
      through(() => send<T>("POST", url, options)),
  };
}

interface NetworkOptions {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

async function send<T>(method: "GET" | "POST", url: string, options?: NetworkOptions) {
  const response = await fetch(url, {
    method,
    headers: options?.headers ?? {},
    ...(options?.body === undefined ? {} : { body: options.body }),
    redirect: "error",
    signal: AbortSignal.timeout(timeLeft(ENTRA_TIMEOUT_MS)),
  });
  const { status } = response;
  const body: unknown = await response.json();
  if (status === 429 || status >= 500 || !isTokenAnswer(body)) throw outage(status, body);
  return { headers: Object.fromEntries(response.headers), body: body as T, status };
}

/** RFC 6749 §5. Whatever else comes from the token endpoint's address, something in between made it. */
function isTokenAnswer(body: unknown): boolean {
  const { access_token, error } = (body ?? {}) as Readonly<Record<string, unknown>>;
  return typeof access_token === "string" || typeof error === "string";
}

/** msal looks at the body alone: it would take an outage's for a token response, or for a verdict on the user. */
function outage(status: number, body: unknown): ServerError {
  const { error, error_description } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const code = text(error) ?? "temporarily_unavailable";
  return new ServerError(code, "", text(error_description) ?? `HTTP ${status}`, undefined, undefined, status);
}

/** A token that says it is an unlisted tenant's, in every respect. Nobody has looked at its signature. */
export class UnlistedTenantError extends errors.JWTClaimValidationFailed {
  readonly tenantId: string;

  constructor(claims: JWTPayload, tenantId: string) {
    super('unexpected "iss" claim value', claims, "iss");
    this.tenantId = tenantId;
  }
}

/** Verifies tokens for one audience; see {@link entraTokenVerifier}. */
export type EntraTokenVerifier = (token: string) => Promise<JWTPayload>;

/**
 * Each tenant's tokens are held to that tenant's own issuer and keys: there is no issuer with a blank in it, and none is
 * taken from the token.
 *
 * @param app the tenants, and the application whose tokens are expected (`aud` of a v2.0 token is its client ID)
 * @returns a function that checks signature, issuer, tenant, audience and expiry, and gives the claims;
 *   it throws a `JOSEError` when any of them fails, an UnlistedTenantError where it is the list. Keys are fetched on first use and cached.
 */
export function entraTokenVerifier(
  app: Pick<EntraApplication, "authorityHost" | "tenantId" | "clientId"> &
    Partial<Pick<EntraApplication, "furtherTenantIds">>,
): EntraTokenVerifier {
  const tenants = allowedTenants({ furtherTenantIds: [], ...app });
  const verifiers = new Map(
    tenants.map((tenantId) => {
      const { issuer } = entraEndpoints({ ...app, tenantId });
      return [issuer, tenantTokenVerifier({ ...app, tenantId })] as const;
    }),
  );
  return async (token) => {
    const claims = decodeJwt(token);
    const verify = verifiers.get(claims.iss ?? "");
    if (verify) return verify(token);
    const { tid } = claims;
    const isTenant = typeof tid === "string" && isGuid(tid) && !tenants.includes(tid);
    if (isTenant && claims.iss === entraEndpoints({ ...app, tenantId: tid }).issuer) {
      throw new UnlistedTenantError(claims, tid);
    }
    throw new errors.JWTClaimValidationFailed('unexpected "iss" claim value', claims, "iss");
  };
}

function tenantTokenVerifier(
  app: Pick<EntraApplication, "authorityHost" | "tenantId" | "clientId">,
): EntraTokenVerifier {
  const { issuer, jwks_uri } = entraEndpoints(app);
  const keys = issuerKeys(new URL(jwks_uri), ENTRA_TIMEOUT_MS);
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: app.clientId,
      algorithms: ["RS256"],
      requiredClaims: ["exp", "tid"],
    });
    if (payload["tid"] !== app.tenantId) {
      throw new errors.JWTClaimValidationFailed('unexpected "tid" claim value', payload, "tid");
    }
    return payload;
  };
}
