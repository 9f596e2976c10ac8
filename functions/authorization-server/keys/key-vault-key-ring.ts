import { createHash } from "node:crypto";
import type { JWK } from "jose";
import { freshValue } from "../resilience/fresh-value.ts";
import type { Documents } from "../store/documents.ts";
import { type DataKeysDocument, dataKeys } from "./data-keys.ts";
import { KeyError, type KeyRing } from "./key-ring.ts";
import { type KeyVersion, planSigning } from "./signing-versions.ts";
import type { Vault } from "./vault.ts";

interface KeyVaultKeyRingOptions {
  readonly vault: Vault;
  /** Where the wrapped data keys lie. */
  readonly documents: Documents<DataKeysDocument>;
  /** Names of the keys in the vault, both RSA. */
  readonly signingKey: string;
  readonly wrappingKey: string;
  /** Seconds for which a new version of the signing key is published before it signs. */
  readonly signingKeyActivation: number;
  /** Seconds after which a new data key takes over. */
  readonly dataKeyPeriod: number;
  /** The longest life of an access token, in seconds. */
  readonly accessTokenLifetime: number;
  /** Seconds since 1970. */
  now(): number;
}

/** How long the list of the signing key's versions is taken for true, in seconds. */
const VERSIONS_FRESH_SECONDS = 300;
const PAUSE_SECONDS = 5;

interface SigningKeys {
  readonly versions: readonly KeyVersion[];
  readonly publicKeys: ReadonlyMap<string, JWK>;
}

/**
 * A key ring in Key Vault. The signing key never leaves it: each signature is one call, and the only one that a request
 * waits for. Data keys lie in the store, wrapped, and in memory once used. Nothing is sent before the first use.
 */
export function keyVaultKeyRing(options: KeyVaultKeyRingOptions): KeyRing {
  const { vault, documents, signingKey: name, wrappingKey, now } = options;
  const rules = { activation: options.signingKeyActivation, tokenLifetime: options.accessTokenLifetime };
  const data = dataKeys({ vault, documents, wrappingKey, period: options.dataKeyPeriod, now });
  const signing = freshValue(
    signingKeys(vault, name, (versions) => planSigning(versions, now(), rules).published),
    {
      freshFor: VERSIONS_FRESH_SECONDS,
      pause: PAUSE_SECONDS,
      now,
    },
  );
  return {
    async signingKey() {
      const { versions } = await signing.get();
      const version = planSigning(versions, now(), rules).signing;
      if (!version) throw new KeyError("refused", "no_version_may_sign");
      return {
        kid: version,
        algorithm: "RS256",
        async sign(input) {
          try {
            return await vault.sign(name, version, createHash("sha256").update(input).digest());
          } catch (error) {
            // The version was disabled since the versions were listed; whoever asks next sees the others.
            if (error instanceof KeyError && error.kind === "refused") signing.expire();
            throw error;
          }
        },
      };
    },

    async publicKeys() {
      const { versions, publicKeys } = await signing.get();
      const { published } = planSigning(versions, now(), rules);
      return { keys: published.flatMap((version) => publicKeys.get(version) ?? []) };
    },

    dataKey: () => data.current(),
    dataKeyById: (kid) => data.byId(kid),
  };
}

/** @returns what lists the versions and fetches the public halves of those to publish; each half is fetched once */
function signingKeys(
  vault: Vault,
  name: string,
  toPublish: (versions: readonly KeyVersion[]) => readonly string[],
): () => Promise<SigningKeys> {
  const publicKeys = new Map<string, JWK>();
  return async () => {
    const versions = await vault.versions(name);
    const missing = toPublish(versions).filter((version) => !publicKeys.has(version));
    await Promise.all(
      missing.map(async (version) => {
        const key = await vault.publicKey(name, version);
        publicKeys.set(version, { ...key, kid: version, alg: "RS256", use: "sig" });
      }),
    );
    return { versions, publicKeys };
  };
}
