import type { KeyRing } from "../keys/key-ring.ts";
import { seal, unseal } from "../keys/seal.ts";
import type { EntraTokens } from "../upstream/entra.ts";

/** Seals the user's Entra tokens for one session's record. */
export function sealEntraTokens(keys: KeyRing, session: string, tokens: EntraTokens): Promise<string> {
  return seal(keys, "entra-tokens", session, JSON.stringify(tokens));
}

/** @throws SealError when they are not this session's, or their key is gone */
export async function unsealEntraTokens(
  keys: KeyRing,
  session: string,
  sealed: string,
): Promise<EntraTokens> {
  return JSON.parse(await unseal(keys, "entra-tokens", session, sealed)) as EntraTokens;
}
