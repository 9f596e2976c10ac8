import { createHmac } from "node:crypto";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import type { DataKey, KeyRing } from "./key-ring.ts";

/** What a sealed text is for. One kind never opens as another. */
export type SealPurpose = "consent" | "decision" | "sign-in" | "entra-tokens" | "account" | "account-sign-in";

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
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: dataKey.kid, typ: purpose, sub: record })
    .encrypt(keyFor(dataKey, purpose, record));
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
  return decrypt(sealed, keyFor(dataKey, purpose, record)).catch(() => decrypt(sealed, dataKey.key));
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
 * cannot count together what they seal, so each record has a key of its own. As a key of HMAC, a data key has no such bound
 * that anybody could reach.
 */
function keyFor({ key }: DataKey, purpose: SealPurpose, record: string): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(`${purpose}\0${record}`).digest());
}

function headerOf(sealed: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(sealed);
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
}

/** @throws SealError */
async function decrypt(sealed: string, key: Uint8Array): Promise<string> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
}
