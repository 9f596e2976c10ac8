import type { JSONWebKeySet } from "jose";
import * as z from "zod";
import { fetchUrlFault } from "./rules/fetchable-url.ts";
import { keySetFault } from "./rules/key-set.ts";
import { redirectUriFault } from "./rules/redirect-uri.ts";

/** The public half of the keys that sign a client's assertions (private_key_jwt, RFC 7523). */
const keySet = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .superRefine((value, context) => {
    const fault = keySetFault(value);
    if (fault) context.addIssue({ code: "custom", message: fault });
  })
  .transform((value) => value as unknown as JSONWebKeySet);

const fetchUrl = z.string().superRefine((url, context) => {
  const fault = fetchUrlFault(url);
  if (fault) context.addIssue({ code: "custom", message: fault });
});

/** How a program proves that it is itself, without a secret in this file. */
const credentials = [
  z.strictObject({
    /** SHA-256 of a random secret, base64url; the secret itself stays with the client. */
    secretHash: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "is no SHA-256 in base64url"),
  }),
  z.strictObject({ jwks: keySet }),
  z.strictObject({ jwksUri: fetchUrl }),
] as const;

/** A client that is known without registration. */
export const clientSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, "is 1 to 128 of A-Z, a-z, 0-9 and . _ ~ -"),
  name: z.string().min(1).max(120),
  redirectUris: z
    .array(
      z.string().superRefine((uri, context) => {
        const message = redirectUriFault(uri, "any");
        if (message) context.addIssue({ code: "custom", message });
      }),
    )
    .min(1)
    .max(20),
  /** How the client authenticates at /token and /revoke; every client also needs PKCE. */
  auth: z
    .union([z.literal("none"), ...credentials], {
      error: 'is "none", { secretHash: "…" }, { jwks: { keys: […] } } or { jwksUri: "https://…" }',
    })
    .default("none"),
});

/** A program that may use the introspection endpoint. */
export const resourceServerSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, "is 1 to 128 of A-Z, a-z, 0-9 and . _ ~ -"),
  /** Name of the MCP server whose tokens it may ask about. */
  server: z.string(),
  auth: z.union(credentials, {
    error: 'is { secretHash: "…" }, { jwks: { keys: […] } } or { jwksUri: "https://…" }',
  }),
});
