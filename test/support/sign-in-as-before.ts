import { OAuthClient } from "./oauth-client.ts";
import { Person } from "./person.ts";
import type { TestTwin } from "./twin.ts";

/** Tokens in the words of RFC 6749 §5.1, as clients keep them. */
export interface KeptTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly scope: string;
}

/** A client's registration, as far as a sign-in needs it. */
export interface KeptClient {
  readonly id: string;
  readonly redirectUri: string;
}

/**
 * Signs somebody in with fewer scopes than the server requires: as a client has them that signed in before the operator asked
 * for one more.
 */
export async function signInAsBefore(
  twin: TestTwin,
  client: KeptClient,
  user: string,
  scope: string,
): Promise<KeptTokens> {
  const oauth = new OAuthClient(twin.origin, client.id, client.redirectUri);
  const tokens = await oauth.signIn(new Person(twin), user, { scope, resource: twin.mcpUrl });
  return {
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: "Bearer",
    expires_in: 3600,
    scope,
  };
}
