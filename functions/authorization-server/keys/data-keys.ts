import { randomBytes } from "node:crypto";
import { atMostEvery } from "../resilience/at-most-every.ts";
import { type Documents, type Stored, StoreError } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import type { DataKey } from "./key-ring.ts";
import type { Vault } from "./vault.ts";

/**
 * Every data key, in one document: an unknown key costs one point read to look for, whatever its name, and a conditional
 * write has all instances agree on the next key. None is ever taken out; one or two a year hardly fill a document.
 */
export interface DataKeysDocument {
  readonly id: typeof DATA_KEYS_ID;
  /** Oldest first. */
  readonly keys: readonly WrappedDataKey[];
}

interface WrappedDataKey {
  readonly kid: string;
  /** The key, encrypted under the vault's wrapping key; base64url. */
  readonly wrapped: string;
  /** Version of the wrapping key. It stays enabled as long as anything sealed under the data key lives. */
  readonly wrappingKey: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

const DATA_KEYS_ID = "data-keys";

/** Nobody can have the store read, or the vault asked, more often than this by naming keys. */
const PAUSE_SECONDS = 5;

/** Nothing is sealed under a new key until every instance that is asked to open it would read of it; clocks may differ by some seconds. */
const KNOWN_AFTER_SECONDS = 6 * PAUSE_SECONDS;

interface DataKeysOptions {
  readonly vault: Pick<Vault, "wrap" | "unwrap">;
  readonly documents: Documents<DataKeysDocument>;
  /** Name of the wrapping key in the vault. */
  readonly wrappingKey: string;
  /** Seconds after which a new data key takes over. */
  readonly period: number;
  /** Seconds since 1970. */
  now(): number;
}

/** Data keys in the store, wrapped by the vault, unwrapped once for this process. */
interface DataKeys {
  current(): Promise<DataKey>;
  byId(kid: string): Promise<DataKey | undefined>;
}

/**
 * Data keys that whichever instance needs one first creates. Neither store nor vault is asked for a key that was used
 * before in this process; while the next key cannot be made, or was made just now, the current one seals on.
 */
export function dataKeys(options: DataKeysOptions): DataKeys {
  const { vault, documents, wrappingKey, period, now } = options;
  const unwrapped = new Map<string, DataKey>();
  const unwrapping = new Map<string, () => Promise<DataKey>>();
  let current: (DataKey & { readonly createdAt: number }) | undefined;

  const unwrap = (entry: WrappedDataKey): Promise<DataKey> => {
    const known = unwrapped.get(entry.kid);
    if (known) return Promise.resolve(known);
    const call =
      unwrapping.get(entry.kid) ??
      atMostEvery(PAUSE_SECONDS, now, async () => {
        const key = await vault.unwrap(
          wrappingKey,
          entry.wrappingKey,
          Buffer.from(entry.wrapped, "base64url"),
        );
        const dataKey = { kid: entry.kid, key };
        unwrapped.set(entry.kid, dataKey);
        unwrapping.delete(entry.kid);
        return dataKey;
      });
    unwrapping.set(entry.kid, call);
    return call();
  };

  const read = () => documents.read(DATA_KEYS_ID, DATA_KEYS_ID);
  const reread = atMostEvery(PAUSE_SECONDS, now, read);

  /** The newest that all instances know; the very first is older than anything that it could be missing for. */
  const sealWith = async (keys: readonly WrappedDataKey[]) => {
    const known = keys.findLast((each) => now() >= each.createdAt + KNOWN_AFTER_SECONDS) ?? keys[0];
    if (!known) throw new StoreError("unavailable", { cause: new Error("there are no data keys") });
    current = { ...(await unwrap(known)), createdAt: known.createdAt };
    return current;
  };

  const newestOrNext = () =>
    retryOnConflict({ name: "list of data keys", read }, async (stored) => {
      const keys = stored?.document.keys ?? [];
      const newest = keys.at(-1);
      if (newest && now() < newest.createdAt + period) return sealWith(keys);
      const key = randomBytes(32);
      const createdAt = now();
      const { wrapped, version } = await vault.wrap(wrappingKey, key);
      const kid = randomBytes(12).toString("base64url");
      const entry = { kid, wrapped: base64url(wrapped), wrappingKey: version, createdAt };
      if (!(await append(documents, stored, entry))) return CONFLICT;
      unwrapped.set(kid, { kid, key });
      return sealWith([...keys, entry]);
    });
  const renew = atMostEvery(PAUSE_SECONDS, now, newestOrNext);

  return {
    async current() {
      if (!current) return renew();
      if (now() >= current.createdAt + period) renew().catch(() => undefined);
      return current;
    },

    async byId(kid) {
      const known = unwrapped.get(kid);
      if (known) return known;
      const entry = (await reread())?.document.keys.find((each) => each.kid === kid);
      return entry && unwrap(entry);
    },
  };
}

/** @returns false when another instance wrote first */
async function append(
  documents: Documents<DataKeysDocument>,
  stored: Stored<DataKeysDocument> | undefined,
  entry: WrappedDataKey,
): Promise<boolean> {
  if (stored) {
    const keys = [...stored.document.keys, entry];
    return (await documents.replace({ ...stored.document, keys }, stored.etag)) !== undefined;
  }
  try {
    await documents.create({ id: DATA_KEYS_ID, keys: [entry] });
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.kind === "conflict") return false;
    throw error;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
