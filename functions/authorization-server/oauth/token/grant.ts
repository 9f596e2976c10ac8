import type { Call } from "../../../platform/endpoint.ts";
import type { Client } from "../../clients/client.ts";
import { claimedClient } from "../../clients/client-id.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import type { IssuedTokens } from "../../sessions/issue-tokens.ts";
import type { Parameters } from "../request-body.ts";

/** One grant type of the token endpoint, for a client that was authenticated. @throws OAuthError and what sessions throw */
export type GrantExchange = (
  dependencies: Dependencies,
  call: Call,
  clientId: string,
  form: Parameters,
) => Promise<IssuedTokens>;

/**
 * A client whose registration is gone has to learn that before anything else, so that it registers again. With a code it is
 * looked up only when that will not do: a good one shows that the client was known a moment ago.
 *
 * @throws OAuthError `invalid_client`
 */
export async function requireKnownClient({ clients }: Dependencies, clientId: string): Promise<Client> {
  const client = await clients.find(clientId);
  if (client) return client;
  throw new OAuthError(
    "invalid_client",
    "The client is not registered here, or its registration has ended.",
    {
      reason: "client_unknown",
      subject: claimedClient(clientId),
    },
  );
}

/** The answer when a code or refresh token leads nowhere. */
export function unknownGrant(clientId: string): OAuthError {
  return new OAuthError("invalid_grant", "The grant is invalid, expired or revoked.", {
    reason: "grant_unknown",
    subject: claimedClient(clientId),
  });
}
