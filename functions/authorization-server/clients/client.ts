import type { JSONWebKeySet } from "jose";

/** A client as the endpoints know it, however it came to be known. Names follow RFC 7591 §2. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  /**
   * The URL of the client's document, whose host publishes the client. What a client says of its own website (`client_uri`) is not
   * here: nobody verified it, and no page shows it.
   */
  readonly uri?: string;
  /**
   * `configured` clients were entered by the operator; a `registered` one says of itself what it likes; of a `document`
   * one we know which host publishes it, and nothing else.
   */
  readonly origin: "configured" | "registered" | "document";
  /** Set when this use of a registration ought to be noted (at most once a day). */
  readonly useIsWorthNoting: boolean;
  /** Set when somebody's next sign-in with it has to satisfy claims, or may have to as far as a look at it tells. */
  readonly owesClaims?: true;
}

/** Stands for the name of a client that gave none, or none that a person could see. */
export const UNNAMED_CLIENT = "An application without a name";

export const GRANT_TYPES = ["authorization_code", "refresh_token"] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** A client's public keys, or where they are. */
export type ClientKeys = { readonly jwks: JSONWebKeySet } | { readonly jwksUri: string };

/**
 * How a client authenticates at `/token` and `/revoke`. A public one does not; PKCE and rotation stand in (OAuth 2.1). Only
 * the operator can give out a secret, as one has to be kept on both sides.
 */
export type ClientAuthentication =
  | { readonly method: "none" }
  | { readonly method: "private_key_jwt"; readonly keys: ClientKeys }
  | { readonly method: "client_secret"; readonly secretHash: string };
