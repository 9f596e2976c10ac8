import type { JSONWebKeySet } from "jose";
import * as z from "zod";
import { visibleText } from "./visible-text.ts";

/** The grant types of RFC 7591 §2 that clients may use. */
export const GRANT_TYPES = ["authorization_code", "refresh_token"] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** A client's public keys, or where they are. */
export type ClientKeys = { readonly jwks: JSONWebKeySet } | { readonly jwksUri: string };

/** How a client authenticates at `/token` and `/revoke`. A public client does not; PKCE and rotation protect it (OAuth 2.1). */
export type ClientAuthentication =
  | { readonly method: "none" }
  | { readonly method: "private_key_jwt"; readonly keys: ClientKeys }
  | {
      readonly method: "client_secret";
      /** SHA-256, base64url. */
      readonly secretHash: string;
      /** The one way in which it sends the secret, where it registered one; a configured client may use either. */
      readonly way?: "client_secret_basic" | "client_secret_post";
    };

/** Text from a client, without characters that could make it read as another text. @param limit characters */
export const nameText = (limit: number) => z.string().max(limit).transform(visibleText);

/** The name of a client. Longer ones are refused; pages show less of a long one (`keptName`). */
export const clientName = nameText(256);

/**
 * The members of RFC 7591 §2 that a registration and a Client ID Metadata Document share. Other members are ignored, as both
 * specifications demand.
 *
 * A client that names no grant type gets both, which differs from RFC 7591 §2. Clients that leave the member out (the Go SDK,
 * LM Studio) refresh anyway, and would otherwise stop when their first access token ends.
 */
export const clientMetadataMembers = {
  redirect_uris: z.array(z.string()).min(1).max(20),
  grant_types: z
    .array(z.string())
    .max(10)
    .default([...GRANT_TYPES]),
  response_types: z.array(z.string()).max(10).default(["code"]),
  token_endpoint_auth_method: z.string().default("none"),
  jwks: z.unknown().optional(),
  jwks_uri: z.string().optional(),
};

/**
 * @returns the members that say something: programs write null (RFC 7592 §2.2) or an empty list for what they leave to the
 *   server
 */
export function withoutEmptyMembers(
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !isEmpty(value)));
}

/** @returns the keys of a client's metadata, of which exactly one member is present, and was checked */
export function clientKeys(jwks: unknown, jwksUri: string | undefined): ClientKeys {
  return jwksUri === undefined ? { jwks: jwks as JSONWebKeySet } : { jwksUri };
}
