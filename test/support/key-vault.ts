import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { vi } from "vitest";
import type { KeyRing } from "../../functions/authorization-server/keys/key-ring.ts";
import { keyVaultKeyRing } from "../../functions/authorization-server/keys/key-vault-key-ring.ts";
import { keyVault, type Patience } from "../../functions/authorization-server/keys/vault.ts";
import type { Circuit } from "../../functions/authorization-server/resilience/circuit.ts";
import { makeCircuit } from "../../functions/authorization-server/testing/circuit.ts";
import type { LocalCosmos } from "../../twin/cosmos/start.ts";
import { type LocalKeyVault, startKeyVault } from "../../twin/key-vault/start.ts";
import { startDatabase } from "./cosmos-database.ts";
import type { TestIdentities } from "./identities.ts";

export const SIGNING = "signing";
export const WRAPPING = "wrapping";
export const ACTIVATION = 7200;
export const TOKEN_LIFETIME = 3600;
export const DATA_KEY_PERIOD = 90 * 24 * 3600;

/** A vault with both keys, and a store; the clock stands still until it is moved. */
export interface TestVault {
  readonly vault: LocalKeyVault;
  readonly cosmos: LocalCosmos;
  /** Seconds since 1970. */
  now(): number;
  pass(seconds: number): void;
  /** A key ring as another instance of the app has one: with clients of its own for vault, store and identity. */
  ring(options?: {
    readonly patience?: Patience;
    readonly withoutRole?: boolean;
    readonly circuit?: Circuit;
  }): KeyRing;
  stop(): Promise<void>;
}

/** Points Key Vault's client library in this process at a stand-in. */
export async function startTestVault(
  { entra, server, stranger, credential }: TestIdentities,
  options: { readonly pageSize?: number } = {},
): Promise<TestVault> {
  let time = Math.floor(Date.now() / 1000);
  const now = () => time;
  const database = await startDatabase();
  const vault = await startKeyVault({
    authorityHost: entra.url,
    tenantId: entra.tenantId,
    cryptoUsers: [server.principalId],
    now,
    ...options,
    log: () => undefined,
  });
  vault.rotate(SIGNING);
  vault.rotate(WRAPPING);
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, vault.certificate]);
  vi.stubEnv("HTTPS_PROXY", vault.proxyUrl);
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  return {
    vault,
    cosmos: database.cosmos,
    now,
    pass(seconds) {
      time += seconds;
    },
    ring: ({ patience, withoutRole = false, circuit = makeCircuit() } = {}) =>
      keyVaultKeyRing({
        vault: keyVault(vault.url, credential(withoutRole ? stranger : server), circuit, patience),
        documents: database.store().keys,
        signingKey: SIGNING,
        wrappingKey: WRAPPING,
        signingKeyActivation: ACTIVATION,
        dataKeyPeriod: DATA_KEY_PERIOD,
        accessTokenLifetime: TOKEN_LIFETIME,
        now,
      }),
    async stop() {
      setDefaultCACertificates(trusted);
      await vault.stop();
      await database.cosmos.stop();
    },
  };
}
