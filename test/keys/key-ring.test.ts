import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { folderKeyRing } from "../../functions/authorization-server/keys/folder-key-ring.ts";
import { makeKeys } from "../../twin/app-keys.ts";
import { startIdentities, type TestIdentities } from "../support/identities.ts";
import {
  ACTIVATION,
  DATA_KEY_PERIOD,
  SIGNING,
  startTestVault,
  TOKEN_LIFETIME,
} from "../support/key-vault.ts";
import { describeKeyRing } from "./key-ring-suite.ts";

let identities: TestIdentities;
beforeAll(async () => {
  identities = await startIdentities();
});
afterAll(() => identities.stop());

describeKeyRing("the key ring in a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  await makeKeys(folder);
  let passed = 0;
  const now = () => Date.now() / 1000 + passed;
  return {
    instance: () => folderKeyRing({ folder, now, activation: ACTIVATION, tokenLifetime: TOKEN_LIFETIME }),
    pass(seconds) {
      passed += seconds;
    },
    async addKeys() {
      // Names carry the millisecond, which two keys of one second are told apart by; and whatever passed, passed for the files too.
      await sleep(2);
      const before = new Set(await readdir(folder));
      await makeKeys(folder);
      for (const name of await readdir(folder)) {
        if (!before.has(name)) await utimes(join(folder, name), now(), now());
      }
    },
    stop: () => rm(folder, { recursive: true }),
  };
});

describeKeyRing("the key ring in Key Vault", async () => {
  const { vault, ring, pass, stop } = await startTestVault(identities);
  return {
    instance: async () => ring(),
    pass,
    async addKeys() {
      pass(DATA_KEY_PERIOD);
      await ring().dataKey();
      vault.rotate(SIGNING);
    },
    stop,
  };
});
