import type { ClientDocument } from "./client-document.ts";

const DAY = 24 * 3600;

/** A registration with which nobody ever signed in ends after this long, because anyone may register. */
const UNUSED_LIFETIME = DAY;

type Times = Pick<ClientDocument, "createdAt" | "lastUsedAt" | "unusedUntil" | "ttl">;

/** When a registration ends, and when its use is worth a write. */
export interface RegistrationLifetime {
  /** The times of a new registration. */
  begin(): Times;
  isOver(document: ClientDocument): boolean;
  /** Whether a use ought to be noted: the first one, and from then on one a day. */
  isWorthNoting(document: ClientDocument): boolean;
  /** The same registration, used now. */
  renewed(document: ClientDocument): ClientDocument;
}

/**
 * @param lifetime seconds after the last use (`lifetimes.registration`)
 * @param now the time in seconds since 1970
 */
export function registrationLifetime(lifetime: number, now: () => number): RegistrationLifetime {
  const unused = Math.min(UNUSED_LIFETIME, lifetime);
  return {
    begin() {
      const createdAt = now();
      return { createdAt, lastUsedAt: createdAt, unusedUntil: createdAt + unused, ttl: unused + DAY };
    },
    isOver: ({ lastUsedAt, unusedUntil = Number.POSITIVE_INFINITY }) =>
      Math.min(unusedUntil, lastUsedAt + lifetime) <= now(),
    isWorthNoting: ({ lastUsedAt, unusedUntil }) =>
      unusedUntil !== undefined || lastUsedAt + Math.min(DAY, lifetime / 2) <= now(),
    renewed({ unusedUntil: _, ...document }) {
      return { ...document, lastUsedAt: now(), ttl: lifetime + DAY };
    },
  };
}
