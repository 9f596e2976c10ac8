import { hkdfSync } from "node:crypto";
import { decryptJwe, encryptJwe } from "../crypto/jwe.ts";

/**
 * Seals the answer to a refresh under a key that only the presented refresh token yields. The store keeps it, so that
 * a client whose answer was lost can get it again. The store alone still holds no token.
 *
 * @param secret the rotating part of the presented token: 256 random bits
 * @param session bound into the key
 */
export async function sealAnswer(secret: string, session: string, answer: string): Promise<string> {
  return encryptJwe(answerKey(secret, session), Buffer.from(answer));
}

/** @throws JweError when secret or session are not those it was sealed with */
export async function unsealAnswer(secret: string, session: string, sealed: string): Promise<string> {
  return new TextDecoder().decode(decryptJwe(answerKey(secret, session), sealed));
}

function answerKey(secret: string, session: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, session, "refresh answer", 32));
}
