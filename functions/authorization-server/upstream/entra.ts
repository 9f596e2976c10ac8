import {
  AuthError,
  ClientAuthError,
  CryptoProvider,
  InteractionRequiredAuthError,
  ServerError,
} from "@azure/msal-node";
import type { JWTPayload } from "jose";
import {
  allowedTenants,
  type EntraApplication,
  type EntraTokenVerifier,
  entraClients,
  entraEndpoints,
  entraTokenVerifier,
  signInAuthority,
  type Through,
  UnlistedTenantError,
} from "../../platform/entra.ts";
import { isTokenFault } from "../../platform/token-fault.ts";
import { type Circuit, CircuitOpenError } from "../circuit.ts";
import { bothClaimsRequests, claimsRequest } from "./claims-request.ts";
import { type Membership, membershipIn } from "./membership.ts";

/** What a sign-in at Entra has to be like (OpenID Connect Core §3.1.2.1). */
export interface SignInWishes {
  /** Whether the person signs in anew, or picks the account, though Entra knows one already. */
  readonly prompt?: "login" | "select_account" | undefined;
  /**
   * For how many seconds at most the person may have been signed in already. Entra's `max_age` is undocumented, and ends the
   * tokens early that come of it; so it is not sent, and what Entra says about the time (`auth_time`) is held to this.
   */
  readonly maxAge?: number | undefined;
  /** Whom the client expects. Personal data: in no log. */
  readonly loginHint?: string | undefined;
  /** What Entra or a backend asked for: a claims request, as JSON. */
  readonly claims?: string | undefined;
}

/** What the browser keeps between leaving for Entra and coming back. */
export interface EntraRequest {
  /** RFC 7636 verifier of our own leg. */
  readonly verifier: string;
  readonly nonce: string;
  /** The person must not have signed in before this, in seconds since 1970. */
  readonly signedInSince?: number;
}

/** The user as Entra vouches for them. */
export interface EntraUser {
  readonly objectId: string;
  readonly tenantId: string;
}

/** What a finished sign-in gives. */
export interface EntraSignIn {
  readonly user: EntraUser;
  /** What the user is at each MCP server that was signed in to, by its Entra scope. */
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly tokens: EntraTokens;
}

/** An msal token cache with one account in it, serialized. Secret. */
export interface EntraTokens {
  readonly cache: string;
  readonly account: string;
  /** Whose authority renews them; the home tenant's when left out. */
  readonly tenantId?: string;
}

/** The token, and what the user was at the MCP server when Entra issued it. */
export interface EntraAccessToken extends Membership {
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Set when Entra was asked and the tokens to keep changed. */
  readonly renewed?: EntraTokens;
}

/** A token is wanted before the kept one ends. */
export interface EntraRenewal {
  /** What the token has to satisfy: a claims request (OpenID Connect Core §5.5), as JSON. */
  readonly claims?: string;
}

/** Entra refused, or could not be reached. */
export class UpstreamError extends Error {
  override name = "UpstreamError";
  /** `refused` is for good (revoked, blocked, policy); the user has to sign in again. */
  readonly kind: "refused" | "unavailable";

  /** What a new sign-in has to ask Entra for, to be let through: a claims request, as JSON. */
  readonly claims: string | undefined;
  /** Seconds after which another try makes sense, where that is known. */
  readonly retryAfter: number | undefined;

  /** @param detail a code that says why, never a message: Entra's may repeat what was sent, so none travels on */
  constructor(kind: "refused" | "unavailable", detail: string, claims?: string, retryAfter?: number) {
    super(`entra_${kind} ${detail}`);
    this.kind = kind;
    this.claims = claims;
    this.retryAfter = retryAfter;
  }
}

/** Entra signed somebody in whose tenant is not on the list. */
export class TenantRefusedError extends UpstreamError {
  readonly tenantId: string;

  /** @param tenantId as Entra's own answer says */
  constructor(tenantId: string) {
    super("refused", "tenant_not_allowed");
    this.tenantId = tenantId;
  }
}

/** The person's sign-in at Entra is older than was asked for, or Entra does not say how old it is. */
export class SignInTooOldError extends UpstreamError {
  constructor() {
    super("refused", "signed_in_too_long_ago");
  }
}

/** The authorization server as a client of Entra. */
export interface Upstream {
  /**
   * @returns what to finish the sign-in with, fresh each time, and the URL that starts it
   */
  startSignIn(
    scope: string,
    state: string,
    wishes?: SignInWishes,
  ): Promise<{ request: EntraRequest; url: string }>;
  /**
   * Redeems Entra's code, and gets the user's tokens for every scope with it.
   *
   * @param scopes the one that the sign-in was started with first
   * @throws UpstreamError also when the id token is not for us or this sign-in; TenantRefusedError when its tenant is not on
   *   the list; SignInTooOldError
   */
  finishSignIn(code: string, scopes: readonly string[], request: EntraRequest): Promise<EntraSignIn>;
  /**
   * The user's token for one scope: the kept one, or a new one when that ends within 5 minutes.
   *
   * @param renewal asks for a new one in any case
   * @throws UpstreamError
   */
  accessToken(tokens: EntraTokens, scope: string, renewal?: EntraRenewal): Promise<EntraAccessToken>;
}

/**
 * We take a resource's claims challenge to Entra (GW-9), and say so: an MCP server's application may have the claim `xms_cc`
 * tell it, before it challenges anybody.
 */
const CAPABILITIES = ["cp1"];

/** The claims request with which msal declares them at the token endpoint, for the authorization endpoint. */
const CAPABILITIES_REQUEST = JSON.stringify({ access_token: { xms_cc: { values: CAPABILITIES } } });

/** Our clock and Entra's need not agree to the second. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * @param redirectUri our callback, as registered in Entra
 * @param circuit stands before all calls but those for id tokens' keys, which are seldom and shared
 */
export function entraUpstream(app: EntraApplication, redirectUri: string, circuit: Circuit): Upstream {
  const newClient = entraClients(app, { capabilities: CAPABILITIES, through: throughCircuit(circuit) });
  const tenants = allowedTenants(app);
  const authority = signInAuthority(app);
  const verifyIdToken = entraTokenVerifier(app);
  const crypto = new CryptoProvider();
  const endpoint = entraEndpoints({ ...app, tenantId: authority }).authorization_endpoint;
  return {
    async startSignIn(scope, state, { prompt, maxAge, loginHint, claims } = {}) {
      const { verifier, challenge } = await crypto.generatePkceCodes();
      const nonce = crypto.createNewGuid();
      const asked = maxAge === 0 ? "login" : prompt;
      const url = new URL(endpoint);
      url.search = new URLSearchParams({
        client_id: app.clientId,
        response_type: "code",
        response_mode: "query",
        redirect_uri: redirectUri,
        scope: `openid profile offline_access ${scope}`,
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: "S256",
        claims: bothClaimsRequests(claims, CAPABILITIES_REQUEST) ?? CAPABILITIES_REQUEST,
        ...(asked !== undefined && { prompt: asked }),
        ...(loginHint !== undefined && { login_hint: loginHint }),
      }).toString();
      const now = Math.floor(Date.now() / 1000);
      const since = maxAge === undefined ? {} : { signedInSince: now - maxAge };
      return { request: { verifier, nonce, ...since }, url: url.href };
    },

    async finishSignIn(code, [first = "", ...others], request) {
      const signingIn = newClient(authority);
      const result = await calling(() =>
        signingIn.acquireTokenByCode({
          code,
          scopes: [first],
          redirectUri,
          codeVerifier: request.verifier,
          nonce: request.nonce,
        }),
      );
      const { user, claims } = await verifiedIdToken(verifyIdToken, result.idToken, request.nonce);
      checkAge(claims, request);
      const { account } = result;
      if (!account) throw new UpstreamError("refused", "no_account");
      const memberships = new Map([[first, membershipIn(result.accessToken)]]);
      const client = newClient(user.tenantId);
      client.getTokenCache().deserialize(signingIn.getTokenCache().serialize());
      for (const scope of others) {
        const other = await calling(() => client.acquireTokenSilent({ account, scopes: [scope] }));
        memberships.set(scope, membershipIn(other.accessToken));
      }
      return {
        user,
        memberships,
        tokens: {
          cache: client.getTokenCache().serialize(),
          account: account.homeAccountId,
          tenantId: user.tenantId,
        },
      };
    },

    async accessToken(tokens, scope, renewal) {
      const tenantId = tokens.tenantId ?? app.tenantId;
      if (!tenants.includes(tenantId)) throw new TenantRefusedError(tenantId);
      const client = newClient(tenantId);
      const cache = client.getTokenCache();
      cache.deserialize(tokens.cache);
      const account = await cache.getAccountByHomeId(tokens.account);
      if (!account) throw new UpstreamError("refused", "no_account");
      const before = cache.serialize();
      const result = await calling(() =>
        client.acquireTokenSilent({ account, scopes: [scope], forceRefresh: !!renewal, ...renewal }),
      );
      // Not `fromCache`: msal may also give the kept token and renew it for the next time.
      const after = cache.serialize();
      return {
        token: result.accessToken,
        expiresAt: Math.floor((result.expiresOn?.getTime() ?? 0) / 1000),
        ...membershipIn(result.accessToken),
        ...(after === before ? {} : { renewed: { ...tokens, cache: after } }),
      };
    },
  };
}

/**
 * Verifies the id token that a sign-in ended with.
 *
 * @param nonce that the sign-in was started with
 * @returns the user, and all that Entra says of them
 * @throws UpstreamError `refused` when it is not for us or this sign-in, TenantRefusedError when its tenant is not on the list;
 *   `unavailable` without Entra's keys
 */
export async function verifiedIdToken(
  verify: EntraTokenVerifier,
  idToken: string,
  nonce: string,
): Promise<{ readonly user: EntraUser; readonly claims: JWTPayload }> {
  let claims: JWTPayload;
  try {
    claims = await verify(idToken);
  } catch (error) {
    if (error instanceof UnlistedTenantError) throw new TenantRefusedError(error.tenantId);
    if (isTokenFault(error)) throw new UpstreamError("refused", `id_token ${error.code}`);
    throw new UpstreamError("unavailable", "keys");
  }
  const { oid, tid } = claims;
  if (claims["nonce"] !== nonce || typeof oid !== "string" || typeof tid !== "string") {
    throw new UpstreamError("refused", "id_token nonce, oid or tid");
  }
  return { user: { objectId: oid, tenantId: tid }, claims };
}

/** @throws SignInTooOldError */
function checkAge({ auth_time }: JWTPayload, { signedInSince }: EntraRequest): void {
  if (signedInSince === undefined) return;
  const since = signedInSince - CLOCK_TOLERANCE_SECONDS;
  if (typeof auth_time !== "number" || auth_time < since) throw new SignInTooOldError();
}

/**
 * RFC 6749 §4.1.2.1, what msal calls a failed connection, and our own identity turned down: no fault of the user's, whose
 * session can go on when that is mended.
 */
const TRANSIENT_ERRORS = new Set([
  "invalid_client",
  "unauthorized_client",
  "temporarily_unavailable",
  "server_error",
  "network_error",
  "no_network_connectivity",
]);

/** @throws UpstreamError in place of whatever msal, or the way to Entra, fails with */
export async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const retryAfter = error instanceof TurnedAway ? error.retryAfter : undefined;
    const claims = error instanceof InteractionRequiredAuthError ? claimsRequest(error.claims) : undefined;
    throw new UpstreamError(isFinal(error) ? "refused" : "unavailable", codeOf(error), claims, retryAfter);
  }
}

/** Whether trying again cannot help. Everything that is not msal's own verdict is a matter of the way there. */
function isFinal(error: unknown): boolean {
  if (error instanceof InteractionRequiredAuthError) return true;
  if (error instanceof ServerError) {
    const status = error.status ?? 400;
    return status < 500 && status !== 429 && !TRANSIENT_ERRORS.has(error.errorCode);
  }
  return error instanceof ClientAuthError && !TRANSIENT_ERRORS.has(error.errorCode);
}

/** An open circuit in the form of an error that msal hands on as it is. */
class TurnedAway extends AuthError {
  readonly retryAfter: number;

  constructor({ message, retryAfter }: CircuitOpenError) {
    super(message, "", "");
    // msal's own constructor sets it to its own.
    Object.setPrototypeOf(this, TurnedAway.prototype);
    this.retryAfter = retryAfter;
  }
}

/** @returns how msal asks Entra: not at all while the circuit is open */
export function throughCircuit(circuit: Circuit): Through {
  return async (call) => {
    try {
      return await circuit.run(call, isOutage);
    } catch (error) {
      throw error instanceof CircuitOpenError ? new TurnedAway(error) : error;
    }
  };
}

/** Whether Entra gave no answer. Throttling is one. */
function isOutage(error: unknown): boolean {
  return !(error instanceof ServerError) || (error.status ?? 400) >= 500;
}

/** Entra's number, such as AADSTS50173, or else the code that msal or Node gave the error. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const number = /AADSTS\d{3,9}/.exec(error.message)?.[0];
  return number ?? (error instanceof AuthError ? error.errorCode : error.name);
}
