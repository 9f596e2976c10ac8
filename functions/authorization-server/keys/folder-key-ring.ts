import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JSONWebKeySet, JWK } from "jose";
import type { DataKey, KeyRing, SigningKey } from "./key-ring.ts";

const signWithKey = promisify(sign);

/**
 * A key ring of private JWK files in a folder, for a machine without Key Vault. Files end in `.signing.jwk.json` (RSA)
 * or `.data.jwk.json` (oct, 256 bits); the last by name is the current one of its kind.
 *
 * @throws Error when the folder has no key of either kind
 */
export async function folderKeyRing(folder: string): Promise<KeyRing> {
  const names = (await readdir(folder)).sort();
  const read = async (ending: string): Promise<JWK[]> =>
    Promise.all(
      names
        .filter((name) => name.endsWith(ending))
        .map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as JWK),
    );
  const signing = (await read(".signing.jwk.json")).map(signingKey);
  const data = (await read(".data.jwk.json")).map(dataKey);
  const currentSigning = signing.at(-1);
  const currentData = data.at(-1);
  if (!currentSigning || !currentData) throw new Error("KEY_FOLDER holds no signing key or no data key");
  const keySet: JSONWebKeySet = { keys: signing.map((key) => key.publicKey) };
  const dataById = new Map(data.map((key) => [key.kid, key]));
  return {
    signingKey: async () => currentSigning,
    publicKeys: async () => keySet,
    dataKey: async () => currentData,
    dataKeyById: async (kid) => dataById.get(kid),
  };
}

function signingKey(jwk: JWK): SigningKey & { publicKey: JWK } {
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  const kid = keyId(jwk);
  const { kty, n, e } = createPublicKey(privateKey).export({ format: "jwk" }) as JWK;
  return {
    kid,
    algorithm: "RS256",
    sign: (input) => signWithKey("RSA-SHA256", input, privateKey),
    publicKey: { kty, n, e, kid, alg: "RS256", use: "sig" } as JWK,
  };
}

function dataKey(jwk: JWK): DataKey {
  const key = Buffer.from(jwk.k ?? "", "base64url");
  if (key.byteLength !== 32) throw new Error("KEY_FOLDER holds a data key that is not 256 bits long");
  return { kid: keyId(jwk), key };
}

function keyId(jwk: JWK): string {
  if (!jwk.kid) throw new Error("KEY_FOLDER holds a key without kid");
  return jwk.kid;
}
