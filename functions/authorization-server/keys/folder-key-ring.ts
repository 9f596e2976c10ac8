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
 * @throws Error naming the file that holds no such key, or when the folder has no key of either kind; never with any of
 *   a file's content
 */
export async function folderKeyRing(folder: string): Promise<KeyRing> {
  const names = (await readdir(folder)).sort();
  const read = <K>(ending: string, key: (jwk: JWK) => K): Promise<K[]> =>
    Promise.all(
      names
        .filter((name) => name.endsWith(ending))
        .map(async (name) => keyIn(name, await readFile(join(folder, name), "utf8"), key)),
    );
  const signing = await read(".signing.jwk.json", signingKey);
  const data = await read(".data.jwk.json", dataKey);
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

/** Neither a parser's message nor its cause travels on: they quote what they could not read. */
function keyIn<K>(name: string, text: string, key: (jwk: JWK) => K): K {
  try {
    return key(JSON.parse(text) as JWK);
  } catch (error) {
    const reason = error instanceof KeyFileError ? error.message : "is not a usable JWK";
    throw new Error(`KEY_FOLDER: ${name} ${reason}`);
  }
}

class KeyFileError extends Error {
  override name = "KeyFileError";
}

function signingKey(jwk: JWK): SigningKey & { publicKey: JWK } {
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  if (privateKey.asymmetricKeyType !== "rsa") throw new KeyFileError("is not an RSA key");
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
  if (key.byteLength !== 32) throw new KeyFileError("is not 256 bits long");
  return { kid: keyId(jwk), key };
}

function keyId(jwk: JWK): string {
  if (!jwk.kid) throw new KeyFileError("has no kid");
  return jwk.kid;
}
