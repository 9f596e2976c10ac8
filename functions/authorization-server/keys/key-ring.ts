import type { JSONWebKeySet } from "jose";

/** The current signing key. Its private half may lie where only a signature can be asked for. */
export interface SigningKey {
  readonly kid: string;
  /** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3), the algorithm that API Management surely verifies. */
  readonly algorithm: "RS256";
  /** @throws KeyError */
  sign(input: Uint8Array): Promise<Uint8Array>;
}

/** A 256-bit data key. */
export interface DataKey {
  readonly kid: string;
  readonly key: Uint8Array;
}

/**
 * All keys of the authorization server, old ones included. Every method throws KeyError, or StoreError where keys lie in
 * the store, when a key is there but cannot be had right now.
 */
export interface KeyRing {
  signingKey(): Promise<SigningKey>;
  /** Public halves of every key that may have signed a token that still lives (RFC 7517). */
  publicKeys(): Promise<JSONWebKeySet>;
  /** The key to seal with now. */
  dataKey(): Promise<DataKey>;
  /** @returns the key that something was sealed with; undefined when it is no longer, or never was, on the ring */
  dataKeyById(kid: string): Promise<DataKey | undefined>;
}

/** A key cannot be had, or used, right now. */
export class KeyError extends Error {
  override name = "KeyError";
  /** `refused` when the vault said no, which it will say again; `unavailable` when it may answer another time. */
  readonly kind: "refused" | "unavailable";
  /** Seconds after which another try makes sense, where that is known. */
  readonly retryAfter: number | undefined;

  /** @param detail a code that says why, never a message: those of libraries may repeat what was sent */
  constructor(kind: "refused" | "unavailable", detail: string, retryAfter?: number) {
    super(`keys: ${kind} ${detail}`.trim());
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}
