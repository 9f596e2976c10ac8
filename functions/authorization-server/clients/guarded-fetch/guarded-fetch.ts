import { callerNetwork } from "../../../platform/request-scope.ts";
import { type FetchedJson, type FetchLimits, fetchJson } from "./fetch.ts";
import { FETCH_ALLOWANCE, type FetchAllowance, fetchGovernor } from "./governor.ts";
import type { Network } from "./network.ts";

/** Fetches JSON that a stranger named, within limits and at a bounded rate. @throws FetchError */
export type GuardedFetch = (url: string, limits: FetchLimits) => Promise<FetchedJson>;

/**
 * One for the whole process, so that all it fetches counts together, and what the requests of one network have it fetch besides.
 *
 * @param now the time in seconds
 */
export function guardedFetch(
  network: Network,
  now: () => number,
  allowance: FetchAllowance = FETCH_ALLOWANCE,
): GuardedFetch {
  const govern = fetchGovernor(allowance, now, callerNetwork);
  return (url, limits) => govern(URL.parse(url)?.host ?? "", () => fetchJson(network, url, limits));
}
