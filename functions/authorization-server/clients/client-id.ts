import type { Subject } from "../audit/events.ts";
import { randomId } from "../crypto/secrets.ts";
import type { RegisteredMethod } from "./registration.ts";

/** How an ID begins, so that a public client's token request needs no look at its registration. */
const MARKS: Readonly<Record<RegisteredMethod, "" | "k." | "s.">> = {
  none: "",
  private_key_jwt: "k.",
  client_secret_basic: "s.",
  client_secret_post: "s.",
};

/** @returns a new client ID, which shows whether its client authenticates */
export function newRegistrationId(method: RegisteredMethod): string {
  return `${MARKS[method]}${randomId()}`;
}

/** @returns false for an ID that we cannot have given out, which spares the store a read */
export function isRegistrationId(id: string): boolean {
  return /^(?:[ks]\.)?[A-Za-z0-9_-]{22}$/.test(id);
}

/** @returns whether the client of this registration authenticates with a key or a secret */
export function showsAuthentication(id: string): boolean {
  return id.includes(".");
}

/**
 * What a line may say of a client ID that nobody has verified: one that we could have given out, and of a URL its origin.
 * Anything else may be a secret that somebody put in the wrong place.
 */
export function claimedClient(id: string): Subject {
  if (isRegistrationId(id)) return { client: id };
  const url = URL.parse(id);
  return url?.protocol === "https:" ? { client: url.origin } : {};
}
