import type { Membership } from "./membership.ts";

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
  /** What the user is at our own application: at the MCP servers that have no Entra scope. */
  readonly own: Membership;
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

/** Who the user is, and what they were at our own application, when Entra last said so. */
export interface EntraIdentity extends Membership {
  /** Of the id token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Set when Entra was asked and the tokens to keep changed. */
  readonly renewed?: EntraTokens;
}

/** A token is wanted before the kept one ends. */
export interface EntraRenewal {
  /** What the token has to satisfy: a claims request (OpenID Connect Core §5.5), as JSON. */
  readonly claims?: string;
}

/** The authorization server as a client of Entra. */
export interface Upstream {
  /**
   * @param scope of an MCP server, in addition to those that say who the person is; may be empty
   * @param started a sign-in under way, whose URL is wanted again
   * @returns what to finish the sign-in with, fresh each time unless it was started before, and the URL that starts it
   */
  startSignIn(
    scope: string,
    state: string,
    wishes?: SignInWishes,
    started?: EntraRequest,
  ): Promise<{ request: EntraRequest; url: string }>;
  /**
   * Redeems Entra's code, and gets the user's tokens for every scope with it.
   *
   * @param scopes the one that the sign-in was started with first; empty when it was started with none of an MCP server
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
  /**
   * Who the user is, by the kept id token, or by a new one when that ends within 5 minutes: as often as access tokens are renewed,
   * Entra is asked whether the user still has the account, and in which roles.
   *
   * @param scopes OpenID Connect's, in addition to those of every sign-in
   * @param renewal asks for a new one in any case
   * @throws UpstreamError
   */
  identity(tokens: EntraTokens, scopes: readonly string[], renewal?: EntraRenewal): Promise<EntraIdentity>;
}
