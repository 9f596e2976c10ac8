import type { GrantType } from "../../../config/rules/client-metadata.ts";

/**
 * One grant: what a person let one client do at one or more MCP servers, from the moment Entra sent the person back to the
 * end of the last refresh token. All times are in seconds since 1970; all hashes are SHA-256, base64url.
 */
export interface SessionDocument {
  /** `sid` in access tokens. */
  readonly id: string;
  /** The person's pseudonymous key: the partition, and `sub` in access tokens. */
  readonly user: string;
  /** The person's object ID in Entra, for the audit trail. */
  readonly objectId: string;
  readonly client: SessionClient;
  /** Names of the MCP servers, the one that a token is for unless the client names another first. */
  readonly servers: readonly string[];
  /** Granted scopes, `offline_access` included when it was asked for and allowed. */
  readonly scopes: readonly string[];
  /**
   * Scopes that the client asked for and that the person left out or withdrew later. A refresh may name them, because some clients
   * repeat what they once asked for, and an access token from before the withdrawal still holds them.
   */
  readonly leftOut?: readonly string[];
  readonly createdAt: number;
  /** When the client last got tokens, or a call last had its Entra token renewed: whenever the record is written for it. */
  readonly lastUsedAt?: number;
  /** End of the session, whatever else still lives. */
  readonly endsAt: number;
  readonly code: AuthorizationCodeRecord;
  /** From the code's redemption on, when the client may refresh. */
  readonly refresh?: RefreshFamilyRecord;
  /** The msal token cache and account, sealed; gone with the revocation. */
  readonly entra?: string;
  /** When a backend last had its Entra token renewed before its time. */
  readonly entraRenewedAt?: number;
  readonly revoked?: { readonly at: number; readonly because: RevocationReason };
  /** Seconds after the last write at which the store may drop it. Never earlier than its last token ends. */
  readonly ttl: number;
}

/** The client as it was when the person allowed it. */
interface SessionClient {
  readonly id: string;
  readonly name: string;
  readonly grantTypes: readonly GrantType[];
  /** Origin of the redirect URI that the code went to; the scheme with its colon where that has none, as `cursor:`. */
  readonly answersTo: string;
}

/** What a person's list shows of a session. */
export interface SessionSummary
  extends Pick<
    SessionDocument,
    "id" | "client" | "servers" | "scopes" | "createdAt" | "lastUsedAt" | "endsAt"
  > {
  /** End of the refresh token, where the client has one. */
  readonly refreshEndsAt?: number;
}

export type RevocationReason =
  | "client_request"
  | "user_request"
  | "operator_request"
  | "code_reuse"
  | "refresh_reuse"
  | "entra_refused";

interface AuthorizationCodeRecord {
  readonly hash: string;
  readonly expiresAt: number;
  /** As the authorization request named it; without one the token request has none either. */
  readonly redirectUri?: string;
  /** RFC 7636 S256. */
  readonly challenge: string;
  readonly redeemedAt?: number;
  /** Tells this redemption from any other. */
  readonly redemption?: string;
}

export interface RefreshFamilyRecord {
  /** Hash of the part that every refresh token of the family shares: who knows it once had a real one. */
  readonly familyHash: string;
  /** Hash of the rotating part of the current token. */
  readonly currentHash: string;
  readonly expiresAt: number;
  /** The token before the current one, while its answer may be had again. */
  readonly previous?: {
    readonly hash: string;
    readonly until: number;
    /** The answer, sealed under a key that only the previous token yields. */
    readonly answer: string;
  };
}
