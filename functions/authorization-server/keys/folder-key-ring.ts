import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JSONWebKeySet, JWK } from "jose";
import { type DataKey, KeyError, type KeyRing, type SigningKey } from "./key-ring.ts";
import { planSigning, type SigningRules } from "./signing-versions.ts";

const signWithKey = promisify(sign);

interface FolderKeyRingOptions extends SigningRules {
  readonly folder: string;
  /** Seconds since 1970. */
  now(): number;
}

/**
 * A key ring of private JWK files in a folder, for a machine without Key Vault. Files end in `.signing.jwk.json` (RSA)
 * or `.data.jwk.json` (oct, 256 bits). The last data key by name is the current one. A signing key is as old as its file was last
 * changed, and signs and is published by the rules for a vault's versions. The folder is read once.
 *
 * @throws Error naming the file that holds no such key, or when the folder has no key of either kind; never with any of
 *   a file's content
 */
export async function folderKeyRing({ folder, now, ...rules }: FolderKeyRingOptions): Promise<KeyRing> {
  const names = (await readdir(folder)).sort();
  const read = <K>(ending: string, key: (jwk: JWK) => K) =>
    Promise.all(
      names
        .filter((name) => name.endsWith(ending))
        .map(async (name) => {
          const path = join(folder, name);
          const { mtimeMs } = await stat(path);
          return {
            key: keyIn(name, await readFile(path, "utf8"), key),
            createdAt: Math.floor(mtimeMs / 1000),
          };
        }),
    );
  const signing = await read(".signing.jwk.json", signingKey);
  const data = (await read(".data.jwk.json", dataKey)).map(({ key }) => key);
  const currentData = data.at(-1);
  if (signing.length === 0 || !currentData) {
    throw new Error("KEY_FOLDER holds no signing key or no data key");
  }
  const versions = signing.map(({ key, createdAt }) => ({ id: key.kid, enabled: true, createdAt }));
  const signingById = new Map(signing.map(({ key }) => [key.kid, key]));
  const dataById = new Map(data.map((key) => [key.kid, key]));
  const plan = () => planSigning(versions, now(), rules);
  return {
    async signingKey() {
      const key = signingById.get(plan().signing ?? "");
      if (!key) throw new KeyError("refused", "no_version_may_sign");
      return key;
    },
    async publicKeys(): Promise<JSONWebKeySet> {
      return { keys: plan().published.flatMap((kid) => signingById.get(kid)?.publicKey ?? []) };
    },
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
