import type { OwedClaims } from "./owed-claims.ts";
import type { ClientMetadata } from "./registration.ts";

/** A backend or Entra wants a person to sign in again, and more strictly. */
export interface PersonsOwedClaims extends OwedClaims {
  /** The person's pseudonymous key. */
  readonly user: string;
}

/** A registration in the store. All times are in seconds since 1970. */
export interface ClientDocument {
  /** The client ID; also the partition. */
  readonly id: string;
  readonly metadata: ClientMetadata;
  /** SHA-256, base64url, of the token that manages the registration; one without it cannot be managed. */
  readonly managementTokenHash?: string;
  /** SHA-256, base64url, of the client's secret, where it registered to authenticate with one. */
  readonly secretHash?: string;
  readonly createdAt: number;
  /** When a person last signed in with it, or it last refreshed, to the day; when it was registered, before that. */
  readonly lastUsedAt: number;
  /** When it ends unless a person has signed in with it by then; absent once somebody has. */
  readonly unusedUntil?: number;
  /** What people's next sign-ins with it have to satisfy: each person's together, the newest last. */
  readonly owedClaims?: readonly PersonsOwedClaims[];
  /** Seconds after the last write at which the store may drop it. Never earlier than the registration ends. */
  readonly ttl: number;
}
