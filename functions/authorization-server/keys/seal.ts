import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import type { DataKey, KeyRing } from "./key-ring.ts";

/** What a sealed text is for. One kind never opens as another. */
export type SealPurpose = "consent" | "decision" | "sign-in" | "entra-tokens" | "account" | "account-sign-in";

/** A sealed text that does not open: altered, of another kind or record, or under a key that is gone. */
export class SealError extends Error {
  override name = "SealError";
}

/**
 * Encrypts and authenticates a text under the ring's current data key (JWE, RFC 7516: `dir`, A256GCM).
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
  const { kid, key } = await ring.dataKey();
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, typ: purpose, sub: record })
    .encrypt(key);
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
  const dataKey = await ring.dataKeyById(keyIdOf(sealed));
  if (!dataKey) throw new SealError("sealed under a key that is not on the ring");
  const { plaintext, protectedHeader } = await decrypt(sealed, dataKey);
  if (protectedHeader.typ !== purpose || protectedHeader["sub"] !== record) {
    throw new SealError("sealed for something else");
  }
  return new TextDecoder().decode(plaintext);
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

function keyIdOf(sealed: string): string {
  let kid: unknown;
  try {
    kid = decodeProtectedHeader(sealed).kid;
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
  if (typeof kid !== "string") throw new SealError("names no key");
  return kid;
}

async function decrypt(sealed: string, { key }: DataKey) {
  try {
    return await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
  } catch (cause) {
    throw new SealError("does not open", { cause });
  }
}
