import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { folderKeyRing } from "../../functions/authorization-server/keys/folder-key-ring.ts";
import { makeKeys } from "../../local/signing-and-data-keys.ts";
import { startIdentities, type TestIdentities } from "../support/identities.ts";
import { ACTIVATION, DATA_KEY_PERIOD, SIGNING, startTestVault } from "../support/key-vault.ts";
import { describeKeyRing } from "./key-ring-suite.ts";

let identities: TestIdentities;
beforeAll(async () => {
  identities = await startIdentities();
});
afterAll(() => identities.stop());

describeKeyRing("the key ring in a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  await makeKeys(folder);
  return {
    instance: () => folderKeyRing(folder),
    async rotate() {
      // Names carry the millisecond.
      await sleep(2);
      await makeKeys(folder);
    },
    stop: () => rm(folder, { recursive: true }),
  };
});

describeKeyRing("the key ring in Key Vault", async () => {
  const { vault, ring, pass, stop } = await startTestVault(identities);
  return {
    instance: async () => ring(),
    async rotate() {
      pass(DATA_KEY_PERIOD);
      vault.rotate(SIGNING);
      pass(ACTIVATION);
    },
    stop,
  };
});
