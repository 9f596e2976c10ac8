import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits, base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** 128 random bits, base64url: an ID that needs no secrecy but must not collide. */
export function randomId(): string {
  return randomBytes(16).toString("base64url");
}

/** SHA-256, base64url. Enough for a secret of 256 random bits, which no dictionary holds. */
export function hashOf(secret: string): string {
  return hash("sha256", secret, "base64url");
}

/** @returns whether a secret has this hash, in a time that does not tell how much of it is right */
export function hasHash(secret: string, hash: string): boolean {
  const given = Buffer.from(hashOf(secret));
  const expected = Buffer.from(hash);
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}
