import { hash } from "node:crypto";

/**
 * A person's key in the store and `sub` in our tokens: stable for one issuer, and no way back to the directory
 * without already knowing the object ID. An operator who has that can find the person's sessions.
 *
 * @param issuer our own issuer identifier, so that two gateways give one person two keys
 */
export function userKey(issuer: string, tenantId: string, objectId: string): string {
  return hash("sha256", `${issuer}\n${tenantId}\n${objectId}`, "base64url");
}
