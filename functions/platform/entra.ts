import { ManagedIdentityCredential } from "@azure/identity";
import { ConfidentialClientApplication, type INetworkModule, ServerError } from "@azure/msal-node";
import { type JWTPayload, jwtVerify } from "jose";
import { issuerKeys } from "./issuer-keys.ts";

/** Every call to Entra ends after this many milliseconds. */
const ENTRA_TIMEOUT_MS = 10_000;

/** Audience of the managed identity's token when it serves as a client assertion (workload identity federation). */
const TOKEN_EXCHANGE_SCOPE = "api://AzureADTokenExchange/.default";

export interface EntraApplication {
  /** "https://login.microsoftonline.com", or a national cloud's host; no slash at the end. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly managedIdentityClientId: string;
}

/** The tenant's v2.0 endpoints and issuer. Computed, so that no app needs a discovery call before its first sign-in. */
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
 * A source of msal clients for one application that authenticates with its managed identity's token as client
 * assertion. Each call gives a client of its own, because msal keeps its token cache in the client.
 *
 * @param app whose registration signs in
 */
export function entraClients(app: EntraApplication): () => ConfidentialClientApplication {
  const identity = new ManagedIdentityCredential({ clientId: app.managedIdentityClientId });
  const endpoints = entraEndpoints(app);
  const clientAssertion = async () => {
    const token = await identity.getToken(TOKEN_EXCHANGE_SCOPE, {
      abortSignal: AbortSignal.timeout(ENTRA_TIMEOUT_MS),
    });
    return token.token;
  };
  return () =>
    new ConfidentialClientApplication({
      auth: {
        clientId: app.clientId,
        // msal insists on https here; every request goes to the endpoints below.
        authority: `https://${new URL(app.authorityHost).host}/${app.tenantId}`,
        knownAuthorities: [new URL(app.authorityHost).host],
        authorityMetadata: JSON.stringify(endpoints),
        clientAssertion,
      },
      system: { networkClient },
    });
}

/** msal's network over `fetch`, with a timeout; msal's own has none. */
const networkClient: INetworkModule = {
  sendGetRequestAsync: (url, options) => send("GET", url, options),
  sendPostRequestAsync: (url, options) => send("POST", url, options),
};

async function send<T>(
  method: "GET" | "POST",
  url: string,
  options?: { headers?: Record<string, string>; body?: string },
) {
  const response = await fetch(url, {
    method,
    headers: options?.headers ?? {},
    ...(options?.body === undefined ? {} : { body: options.body }),
    redirect: "error",
    signal: AbortSignal.timeout(ENTRA_TIMEOUT_MS),
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

/** Verifies tokens that this tenant issued for one audience; see {@link entraTokenVerifier}. */
export type EntraTokenVerifier = (token: string) => Promise<JWTPayload>;

/**
 * @param app the tenant, and the application whose tokens are expected (`aud` of a v2.0 token is its client ID)
 * @returns a function that checks signature, issuer, audience and expiry, and gives the claims;
 *   it throws a `JOSEError` when any of them fails. Keys are fetched on first use and cached.
 */
export function entraTokenVerifier(
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
    return payload;
  };
}
