import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";

/**
 * Makes the keys of an authorization server that has no Key Vault: one RSA signing key and one data key, as JWK
 * files that only this account may read.
 *
 * @param folder is created; `KEY_FOLDER` for the app
 */
export async function makeKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const signing = { ...(await exportJWK(privateKey)), kid: keyId("signing"), alg: "RS256", use: "sig" };
  const data = { kty: "oct", k: randomBytes(32).toString("base64url"), kid: keyId("data"), alg: "A256GCM" };
  await write(folder, "signing", signing);
  await write(folder, "data", data);
}

/** Later keys sort behind earlier ones. */
function keyId(kind: string): string {
  return `${kind}-${Date.now().toString(36)}`;
}

async function write(folder: string, kind: "signing" | "data", jwk: { kid: string }): Promise<void> {
  await writeFile(join(folder, `${jwk.kid}.${kind}.jwk.json`), JSON.stringify(jwk), { mode: 0o600 });
}
