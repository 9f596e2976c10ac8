import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";

/** One version of an RSA key, which never leaves this module but by what it does. */
export interface StoredVersion {
  readonly version: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Seconds since 1970. */
  readonly createdAt: number;
  updatedAt: number;
  enabled: boolean;
  expiresAt?: number;
}

export function newVersion(now: number): StoredVersion {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    version: randomBytes(16).toString("hex"),
    privateKey,
    publicKey,
    createdAt: now,
    updatedAt: now,
    enabled: true,
  };
}

/** DigestInfo of a SHA-256 digest, but for the digest (RFC 8017 §9.2, note 1). */
const SHA256_DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");
const SHA256_BYTES = 32;

/** The operations by their name in the URL: from `value` to `value`, or undefined for an argument that is not theirs. */
export const operations: Readonly<
  Record<string, (key: StoredVersion, algorithm: string, value: Buffer) => Buffer | undefined>
> = {
  sign: ({ privateKey }, algorithm, digest) => {
    if (algorithm !== "RS256" || digest.length !== SHA256_BYTES) return undefined;
    const digestInfo = Buffer.concat([SHA256_DIGEST_INFO, digest]);
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo);
  },
  wrapkey: ({ publicKey }, algorithm, key) =>
    algorithm === "RSA-OAEP-256" ? publicEncrypt({ key: publicKey, ...OAEP_256 }, key) : undefined,
  unwrapkey: ({ privateKey }, algorithm, wrapped) => {
    if (algorithm !== "RSA-OAEP-256") return undefined;
    try {
      return privateDecrypt({ key: privateKey, ...OAEP_256 }, wrapped);
    } catch {
      return undefined;
    }
  },
};

const OAEP_256 = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
