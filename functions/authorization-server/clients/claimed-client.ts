import type { Subject } from "../audit/events.ts";
import { isRegistrationId } from "./registration-id.ts";

/**
 * What a line may say of a client ID that nobody has verified: one that we could have given out, and of a URL its origin.
 * Anything else may be a secret that somebody put in the wrong place.
 */
export function claimedClient(id: string): Subject {
  if (isRegistrationId(id)) return { client: id };
  const url = URL.parse(id);
  return url?.protocol === "https:" ? { client: url.origin } : {};
}
