import * as z from "zod";

/** The longest life of an assertion, in seconds. */
const LONGEST_LIFETIME = 600;

/** What an assertion may say of the person in addition to their IDs. */
const PERSONAL_CLAIMS = ["name", "preferred_username", "email"] as const;

const assertionSchema = z.strictObject({
  /**
   * `aud` of the assertions: what the server expects. Give each server another one, or a server could use at another what it was
   * sent itself. It may not be a URL of the gateway.
   */
  audience: z.string().regex(/^[!-~]{1,300}$/, "is 1 to 300 printable ASCII characters without blanks"),
  /** Personal data that the server needs: `name`, `preferred_username`, `email`. The person's IDs are in every assertion. */
  claims: z
    .array(z.enum(PERSONAL_CLAIMS))
    .max(PERSONAL_CLAIMS.length)
    .default([])
    .refine((claims) => new Set(claims).size === claims.length, "names a claim twice"),
  /** Seconds. The gateway sends each assertion for at most half its life. */
  lifetime: z.int().min(60).max(LONGEST_LIFETIME).default(LONGEST_LIFETIME),
});

/**
 * How a server is told who calls: by the user's Entra token for the server's own application; by an assertion, a JWT that the gateway
 * signs for the server's audience; or not at all. With the last two the server knows nothing of Entra and has no `entra.scope`, and
 * `access.roles` and `access.groups` are those of the gateway's own sign-in application.
 */
export const identitySchema = z.union(
  [z.enum(["entra-token", "none"]), z.strictObject({ assertion: assertionSchema })],
  {
    error: `is "entra-token", "none" or { assertion: { audience: "…" } }, with claims (${PERSONAL_CLAIMS.join(", ")}) and a lifetime if wanted`,
  },
);

export type Identity = z.output<typeof identitySchema>;

/** @returns how the assertions for a server are made; undefined when it gets none */
export function assertionOf(identity: Identity) {
  return typeof identity === "object" ? identity.assertion : undefined;
}

/** An app role of the sign-in application that is not for people: the gateway itself has it. */
export const GATEWAY_CALL_ROLE = "Gateway.Call";
