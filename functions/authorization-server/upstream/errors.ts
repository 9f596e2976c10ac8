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
