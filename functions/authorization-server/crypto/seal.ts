import { createHmac, createSecretKey } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { DataKey, KeyRing } from "../keys/key-ring.ts";
import { decryptJwe, encryptJwe, type JweHeader, jweHeader } from "./jwe.ts";

/** What a sealed text is for. One kind never opens as another. */
export type SealPurpose =
  | "consent"
  | "decision"
  | "allowed-earlier"
  | "sign-in"
  | "entra-answer"
  | "entra-tokens"
  | "account"
  | "account-sign-in";

/**
 * These are compressed first, because a request has little room for the cookies of sign-ins under way. The secret in each of them is
 * made once and sealed once, so nobody can learn it by comparing lengths (RFC 8725 §3.6).
 */
const COMPRESSED: ReadonlySet<SealPurpose> = new Set(["sign-in", "entra-answer", "account-sign-in"]);

/** Enough for some KiB of text. Node's own values make zlib clear 260 KiB of memory for each text, and shorten these texts no further. */
const DEFLATE = { windowBits: 13, memLevel: 6 } as const;

/** No sealed text is longer; in bytes. */
const LONGEST_TEXT = 64 * 1024;

/** A sealed text that does not open: altered, of another kind or record, or under a key that is gone. */
export class SealError extends Error {
  override name = "SealError";
}

/**
 * Encrypts and authenticates a text (JWE, RFC 7516: `dir`, A256GCM) under a key of its purpose and record, derived from the
 * ring's current data key. docs/keys.md says why no key is used too often.
 *
 * @param purpose and
 * @param record the ID of what it belongs to; both are authenticated with it and needed to open it
 */
export async function seal(
  ring: KeyRing,
  purpose: SealPurpose,
  record: string,
  text: string,
): Promise<string> {
  const dataKey = await ring.dataKey();
  const bytes = Buffer.from(text);
  return encryptJwe(
    keyFor(dataKey, purpose, record),
    COMPRESSED.has(purpose) ? deflateRawSync(bytes, DEFLATE) : bytes,
    { kid: dataKey.kid, typ: purpose, sub: record },
  );
}

/**
 * @throws SealError when it does not open as this purpose and record; KeyError or StoreError when its key cannot be had now
 */
export async function unseal(
  ring: KeyRing,
  purpose: SealPurpose,
  record: string,
  sealed: string,
): Promise<string> {
  const { kid, typ, sub } = headerOf(sealed);
  if (typeof kid !== "string") throw new SealError("names no key");
  // Nothing has verified the header yet. The text opens only if it is as it was sealed.
  if (typ !== purpose || sub !== record) throw new SealError("sealed for something else");
  const dataKey = await ring.dataKeyById(kid);
  if (!dataKey) throw new SealError("sealed under a key that is not on the ring");
  // An earlier release encrypted with the data key itself. What it sealed lives for `lifetimes.session`.
  const plaintext = decrypted(sealed, keyFor(dataKey, purpose, record)) ?? decrypted(sealed, dataKey.key);
  if (!plaintext) throw new SealError("does not open");
  return new TextDecoder().decode(COMPRESSED.has(purpose) ? inflate(plaintext) : plaintext);
}

/**
 * Opens what a browser brought, which may be anything.
 *
 * @returns undefined when it does not open as this purpose and record
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function unsealIfOurs(...what: Parameters<typeof unseal>): Promise<string | undefined> {
  try {
    return await unseal(...what);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

/**
 * AES-GCM with random nonces may use one key for 2^32 texts at most (NIST SP 800-38D §8.3). Instances share a data key and
 * cannot count together what they seal, so each record has its own key. As a key of HMAC, a data key has no
 * such bound within reach.
 */
function keyFor({ key }: DataKey, purpose: SealPurpose, record: string): Uint8Array {
  return createHmac("sha256", createSecretKey(key)).update(`${purpose}\0${record}`).digest();
}

function headerOf(sealed: string): JweHeader {
  try {
    return jweHeader(sealed);
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
}

function inflate(plaintext: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(plaintext, { maxOutputLength: LONGEST_TEXT });
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
}

function decrypted(sealed: string, key: Uint8Array): Uint8Array | undefined {
  try {
    return decryptJwe(key, sealed);
  } catch {
    return undefined;
  }
}
