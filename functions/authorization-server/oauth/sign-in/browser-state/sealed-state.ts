import { type SealPurpose, seal, unsealIfOurs } from "../../../crypto/seal.ts";
import type { Dependencies } from "../../../dependencies.ts";

type Needs = Pick<Dependencies, "keys" | "now">;

/** What a browser keeps for us, sealed, for some time. */
export interface BrowserState {
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** @throws KeyError or StoreError when there is no key to seal with now */
export function sealState(
  { keys }: Pick<Needs, "keys">,
  purpose: SealPurpose,
  record: string,
  state: BrowserState,
): Promise<string> {
  return seal(keys, purpose, record, JSON.stringify(state));
}

/**
 * @returns what was sealed, even when its time is over; undefined when it is missing or altered, or belongs to something else
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function openState<T extends BrowserState>(
  { keys }: Pick<Needs, "keys">,
  purpose: SealPurpose,
  record: string,
  sealed: string | undefined,
): Promise<T | undefined> {
  if (!sealed) return undefined;
  const opened = await unsealIfOurs(keys, purpose, record, sealed);
  return opened === undefined ? undefined : (JSON.parse(opened) as T);
}

/** As {@link openState}; undefined also when its time is over. */
export async function openLiveState<T extends BrowserState>(
  needs: Needs,
  purpose: SealPurpose,
  record: string,
  sealed: string | undefined,
): Promise<T | undefined> {
  const state = await openState<T>(needs, purpose, record, sealed);
  return state && state.expiresAt > needs.now() ? state : undefined;
}
