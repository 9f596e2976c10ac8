import type { ClientMetadata } from "./registration.ts";

/** A registration in the store. All times are in seconds since 1970. */
export interface ClientDocument {
  /** The client ID; also the partition. */
  readonly id: string;
  readonly metadata: ClientMetadata;
  /** SHA-256, base64url, of the token that manages the registration; one without it cannot be managed. */
  readonly managementTokenHash?: string;
  readonly createdAt: number;
  /** When a person last signed in with it, to the day. */
  readonly lastUsedAt: number;
  /** Seconds after the last write at which the store may drop it. Never earlier than the registration ends. */
  readonly ttl: number;
}
