/** A client as the endpoints know it, however it came to be known. Names follow RFC 7591 §2. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  /** Where a person can read about the client, if it said so and the URI is an https one. */
  readonly uri?: string;
  /** `configured` clients were entered by the operator; a `registered` one says of itself what it likes. */
  readonly origin: "configured" | "registered";
  /** Set when this use of a registration ought to be noted (at most once a day). */
  readonly useIsWorthNoting: boolean;
  /** Set when somebody's next sign-in with it has to satisfy claims. */
  readonly owesClaims?: true;
}

/** Stands for the name of a client that gave none, or none that a person could see. */
export const UNNAMED_CLIENT = "An application without a name";

export const GRANT_TYPES = ["authorization_code", "refresh_token"] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** How a client authenticates at `/token` and `/revoke`: not at all; PKCE and rotation stand in (OAuth 2.1). */
export const TOKEN_ENDPOINT_AUTH_METHODS = ["none"] as const;
