import type { SessionSubject, Subject } from "./audit/events.ts";

/** RFC 6749 §4.1.2.1 and §5.2. */
type CoreError =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "invalid_scope"
  | "access_denied"
  | "server_error"
  | "temporarily_unavailable";
/** RFC 6750 §3.1. */
type BearerError = "invalid_token";
/** RFC 7591 §3.2.2. */
type RegistrationError = "invalid_redirect_uri" | "invalid_client_metadata";
/** RFC 8707 §2. */
type ResourceError = "invalid_target";
/** RFC 7009 §2.2.1. */
type RevocationError = "unsupported_token_type";
/** OpenID Connect Core §3.1.2.6. */
type InteractionError =
  | "interaction_required"
  | "login_required"
  | "consent_required"
  | "request_not_supported";

export type OAuthErrorCode =
  | CoreError
  | BearerError
  | RegistrationError
  | ResourceError
  | RevocationError
  | InteractionError;

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  server_error: 500,
  temporarily_unavailable: 503,
};

/** When a part behind us is out and does not say for how long. */
const RETRY_AFTER_SECONDS = 5;

/**
 * What a person needs to be told of an error that no client hears of; the words are `pages/languages/`'. An error without
 * one is the client's fault, and its description is for the client's developer.
 */
export type Explanation =
  | "clientUnknown"
  | "documentUnreachable"
  | "documentFaulty"
  | "redirectUriNotRegistered"
  | "consentPageEnded"
  | "formFromElsewhere"
  | "signInNotHere"
  | "serverGone"
  | "entraRefused"
  | "ourFault"
  | "accountSignInNotHere"
  | "accountFormRefused"
  | "organizationNotLetIn"
  | "operatorRoleMissing"
  | "noObjectId";

/**
 * An answer that ends a request with an OAuth error. The description goes over the wire and therefore never tells
 * what a guesser may not know; the reason goes to the log.
 */
export class OAuthError extends Error {
  override name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly description: string;
  /** HTTP status where the error is the answer itself, not a redirect. */
  readonly status: number;
  /** ID of the session that ended with it, which the gateway has to hear of. */
  readonly endedSession: string | undefined;
  /** `WWW-Authenticate` of the answer (RFC 9110 §11.6.1). */
  readonly challenge: string | undefined;
  /** Whom it is about, for the audit trail; set by who knows. */
  subject: Subject | undefined;
  /** For the person, where the answer is a page. */
  readonly explanation: Explanation | undefined;
  /** Seconds after which the client may try again (RFC 9110 §10.2.3); every 503 has it. */
  readonly retryAfter: number | undefined;

  /**
   * @param description for the client's developer, in printable ASCII without quotes (RFC 6749 §5.2)
   * @param options.reason for the log; the description when left out
   * @param options.status instead of the code's own
   * @param options.endedSession ID of the session that ended with it
   * @param options.challenge how to authenticate instead
   * @param options.subject whom it is about
   * @param options.explanation for the person, where the answer is a page
   * @param options.retryAfter where another time than the usual is known
   */
  constructor(
    code: OAuthErrorCode,
    description: string,
    options: {
      reason?: string;
      status?: number;
      endedSession?: string;
      challenge?: string;
      subject?: Subject;
      explanation?: Explanation;
      retryAfter?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(options.reason ?? description, { cause: options.cause });
    this.code = code;
    this.description = description;
    this.status = options.status ?? STATUS[code] ?? 400;
    this.endedSession = options.endedSession;
    this.challenge = options.challenge;
    this.explanation = options.explanation;
    this.subject = options.subject;
    this.retryAfter = this.status === 503 ? (options.retryAfter ?? RETRY_AFTER_SECONDS) : undefined;
  }
}

/** A code or refresh token that came a second time, so that its session ended. */
export class ReuseError extends OAuthError {
  override readonly subject: SessionSubject;
  readonly reused: "code" | "refresh_token";

  constructor(description: string, reused: ReuseError["reused"], subject: SessionSubject) {
    const reason = reused === "code" ? "code_reuse" : "refresh_reuse";
    super("invalid_grant", description, { reason, endedSession: subject.session });
    this.reused = reused;
    this.subject = subject;
  }
}

/** A code or token that was issued to another client than the one that presents it. */
export class ForeignGrantError extends OAuthError {}
