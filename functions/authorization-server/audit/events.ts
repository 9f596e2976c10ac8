/**
 * Every security decision that the authorization server writes down, by the name that stands as `event` in its line. A name
 * here is a promise to whoever queries it: it is added to, never given another meaning. docs/audit.md shows each.
 *
 * Each line also has `audit: true`, `correlationId`, and `network`: the caller's /24 or /48, never the whole address. `client` is a
 * client ID, `servers` are names of MCP servers with spaces between, `session` is `sid` in access tokens, and `user` the person's
 * object ID in Entra, `tenant` the ID of their tenant. None of them opens anything.
 */
export interface AuditEvents {
  /** A client registered itself (RFC 7591). */
  readonly registered: Client;
  /** A client changed its registration (RFC 7592 §2.2). */
  readonly registration_updated: Client;
  /** A client deleted its registration (RFC 7592 §2.3). */
  readonly registration_deleted: Client;
  /** A person was asked whether to let a client in. */
  readonly consent_asked: Request;
  /** Nobody was asked: what the person decided earlier in this browser still holds. */
  readonly decision_remembered: Request & { readonly decision: "allow" | "deny" };
  /** The person said yes, to all of the scopes or some, and went on to Entra. */
  readonly consented: Request & Decided;
  /** The person said no; the client heard `access_denied`. */
  readonly denied: Request;
  /** The person came back from Entra, and a session began. The client has its code. */
  readonly signed_in: SessionSubject & Decided & { readonly tenant: string };
  /** Entra or a backend wants more of the person than this sign-in gave, who was sent to Entra once more. */
  readonly sign_in_asked_again: Request & { readonly because: "claims" | "sign_in_too_old" | "answer_lost" };
  /** A client redeemed its code; `server` is the one that its access token is for, and `scopes` are the token's. */
  readonly issued: Issued;
  /** A client rotated its refresh token. */
  readonly refreshed: Issued;
  /** A client had the answer to its last refresh once more. */
  readonly replayed: Issued;
  /** A code or refresh token came a second time, and its session ended: somebody else may have it. */
  readonly reuse_detected: SessionSubject & { readonly reused: "code" | "refresh_token" };
  /** A session ended before its time. `because`: who or what wanted it. */
  readonly revoked: SessionSubject & {
    readonly because: "client_request" | "user_request" | "operator_request" | "entra_refused";
    /** Object ID of the person who did it on the account page. */
    readonly by?: string;
  };
  /** A person or an operator took a scope out of a session, which continues. */
  readonly scope_withdrawn: SessionSubject & {
    readonly scope: string;
    readonly because: "user_request" | "operator_request";
    /** Object ID of the person who did it on the account page. */
    readonly by: string;
  };
  /** Entra wants more of a person on the way to the account page, who was sent there once more. */
  readonly account_sign_in_asked_again: { readonly because: "claims" | "answer_lost" };
  /** A person signed in to the account page. */
  readonly account_signed_in: { readonly user: string; readonly tenant: string; readonly operator: boolean };
  /** An operator looked at another person's clients; `from` tells whether by a form of the page, or a link from anywhere. */
  readonly account_viewed: {
    readonly user: string;
    readonly tenant: string;
    readonly by: string;
    readonly from: "page" | "link";
  };
  /** The gateway did not get the user's Entra token, and its MCP client is sent to sign in again. */
  readonly session_token_refused: { readonly session: string; readonly reason: string };
  /** Something was asked and not given. What is known of who asked for what stands with it. */
  readonly refused: Subject & {
    readonly endpoint: string;
    /** As the client heard it (RFC 6749 §5.2 and others). */
    readonly error: string;
    /** A code of ours or of Entra's; the client did not hear it. */
    readonly reason: string;
  };
}

interface Client {
  readonly client: string;
}

interface Request extends Client {
  readonly servers: string;
}

/** What a person made of a request; names of scopes with spaces between. */
interface Decided {
  /** Allowed. */
  readonly scopes: string;
  /** Asked for and not allowed. */
  readonly leftOut?: string;
}

interface Issued extends SessionSubject {
  readonly server: string;
  readonly scopes: string;
}

/** A session, as a line names it. */
export interface SessionSubject extends Request {
  readonly session: string;
  readonly user: string;
}

/** Whom a line is about, as far as it is known. */
export type Subject = Partial<SessionSubject & { readonly tenant: string }>;

export type AuditEvent = keyof AuditEvents;
