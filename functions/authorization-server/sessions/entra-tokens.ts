import { SealError, seal, unseal } from "../crypto/seal.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { UpstreamError } from "../upstream/errors.ts";
import type { EntraTokens } from "../upstream/upstream.ts";

/** Seals the user's Entra tokens for one session's record. */
export function sealEntraTokens(keys: KeyRing, session: string, tokens: EntraTokens): Promise<string> {
  return seal(keys, "entra-tokens", session, JSON.stringify(tokens));
}

/**
 * @throws UpstreamError `refused` when they are not this session's, or their key is gone: only a new sign-in brings
 *   others
 */
export async function unsealEntraTokens(
  keys: KeyRing,
  session: string,
  sealed: string,
): Promise<EntraTokens> {
  try {
    return JSON.parse(await unseal(keys, "entra-tokens", session, sealed)) as EntraTokens;
  } catch (error) {
    if (error instanceof SealError) throw new UpstreamError("refused", "kept_tokens_do_not_open");
    throw error;
  }
}
