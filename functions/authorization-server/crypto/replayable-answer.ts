import { hkdf } from "node:crypto";
import { promisify } from "node:util";
import { CompactEncrypt, compactDecrypt } from "jose";

const derive = promisify(hkdf);

/**
 * Seals the answer to a refresh under a key that only the presented refresh token yields. The store keeps it, so that
 * a client whose answer was lost can have it again, and the store by itself still holds no token.
 *
 * @param secret the rotating part of the presented token: 256 random bits
 * @param session bound into the key
 */
export async function sealAnswer(secret: string, session: string, answer: string): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(answer))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(await answerKey(secret, session));
}

/** @throws JOSEError when secret or session are not those it was sealed with */
export async function unsealAnswer(secret: string, session: string, sealed: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, await answerKey(secret, session), {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return new TextDecoder().decode(plaintext);
}

async function answerKey(secret: string, session: string): Promise<Uint8Array> {
  return new Uint8Array(await derive("sha256", secret, session, "refresh answer", 32));
}
