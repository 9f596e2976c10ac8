import type { JSONWebKeySet } from "jose";
import type { ClientKeys } from "../../../config/rules/client-metadata.ts";
import { keySetFault } from "../../../config/rules/key-set.ts";
import { CACHE_BOUNDS, remoteCache } from "./guarded-fetch/cache.ts";
import { FetchError } from "./guarded-fetch/fetch-error.ts";
import { freshFor } from "./guarded-fetch/freshness.ts";
import type { GuardedFetch } from "./guarded-fetch/guarded-fetch.ts";

const KEY_SET_LIMITS = { bytes: 32 * 1024, milliseconds: 5_000 } as const;

/** A new key signs after this, whatever the answer says, in seconds. */
const LONGEST_FRESH_KEYS = 300;

/** @returns a client's keys; @throws FetchError when they are elsewhere and cannot be had */
export type ClientKeySets = (keys: ClientKeys) => Promise<JSONWebKeySet>;

/** @param now the time in seconds */
export function clientKeySets(fetch: GuardedFetch, now: () => number): ClientKeySets {
  const remote = remoteCache<JSONWebKeySet>(
    async (url) => {
      const { value, headers } = await fetch(url, KEY_SET_LIMITS);
      const fault = keySetFault(value);
      if (fault) throw new FetchError("refused", `key_set ${fault}`);
      return { value: value as JSONWebKeySet, freshFor: Math.min(LONGEST_FRESH_KEYS, freshFor(headers)) };
    },
    CACHE_BOUNDS,
    now,
  );
  return async (keys) => ("jwks" in keys ? keys.jwks : remote(keys.jwksUri));
}
