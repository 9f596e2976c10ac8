import type { JSONWebKeySet } from "jose";
import type { ClientKeys } from "./client.ts";
import { CACHE_BOUNDS, remoteCache } from "./guarded-fetch/cache.ts";
import { FetchError } from "./guarded-fetch/fetch-error.ts";
import { freshFor } from "./guarded-fetch/freshness.ts";
import type { GuardedFetch } from "./guarded-fetch/guarded-fetch.ts";

const KEY_LIMIT = 20;

const KEY_SET_LIMITS = { bytes: 32 * 1024, milliseconds: 5_000 } as const;

/** A new key signs after this, whatever the answer says, in seconds. */
const LONGEST_FRESH_KEYS = 300;

/** Members of a JWK that only its owner may know (RFC 7518 §6). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * Tells whether a value is a client's key set (RFC 7517 §5) that we would use.
 *
 * @returns undefined when it is; otherwise what is wrong with it
 */
export function keySetFault(value: unknown): string | undefined {
  if (value === undefined) return "is missing";
  const keys = isObject(value) ? value["keys"] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isObject)) return "is no key set";
  if (keys.length > KEY_LIMIT) return `has more than ${KEY_LIMIT} keys`;
  if (!keys.every((key) => Object.values(key).every(isKeyMember))) return "has a key with a nested member";
  const gives = keys.some((key) => SECRET_MEMBERS.some((member) => Object.hasOwn(key, member)));
  return gives ? "has a private or a shared key" : undefined;
}

/** @returns the keys of a client's metadata, of which exactly one member is there, and was checked */
export function clientKeys(jwks: unknown, jwksUri: string | undefined): ClientKeys {
  return jwksUri === undefined ? { jwks: jwks as JSONWebKeySet } : { jwksUri };
}

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

/** A JWK's members are flat (RFC 7517 §4, RFC 7518 §6). What is nested deeply could not even be stored. */
function isKeyMember(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((each) => typeof each === "string");
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
