import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeys } from "../../../twin/app-keys.ts";
import { folderKeyRing } from "../keys/folder-key-ring.ts";
import type { KeyRing } from "../keys/key-ring.ts";

/** A ring of fresh keys, whose files are gone again. */
export async function makeKeyRing(): Promise<KeyRing> {
  const folder = await mkdtemp(join(tmpdir(), "gateway-keys-"));
  try {
    await makeKeys(folder);
    const now = () => Date.now() / 1000;
    return await folderKeyRing({ folder, now, activation: 0, tokenLifetime: 3600 });
  } finally {
    await rm(folder, { recursive: true });
  }
}
