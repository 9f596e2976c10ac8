import type { Call } from "../../../platform/endpoint.ts";
import { claimedClient } from "../../clients/claimed-client.ts";
import { OAuthError } from "../../errors.ts";
import type { IssuedTokens } from "../../sessions/issue-tokens.ts";
import type { Dependencies } from "../dependencies.ts";
import type { Parameters } from "../request-body.ts";

/** One grant type of the token endpoint, for a client that was authenticated. @throws OAuthError and what sessions throw */
export type GrantExchange = (
  dependencies: Dependencies,
  call: Call,
  clientId: string,
  form: Parameters,
) => Promise<IssuedTokens>;

/**
 * A client whose registration is gone has to learn that before anything else, so that it registers again. Looked up only
 * when its grant will not do: a good one shows that the client was known.
 *
 * @throws OAuthError `invalid_client`
 */
export async function requireKnownClient({ clients }: Dependencies, clientId: string): Promise<void> {
  if (await clients.find(clientId)) return;
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
export async function refuseUnknownGrant(dependencies: Dependencies, clientId: string): Promise<never> {
  await requireKnownClient(dependencies, clientId);
  throw new OAuthError("invalid_grant", "The grant is invalid, expired or revoked.", {
    reason: "grant_unknown",
    subject: claimedClient(clientId),
  });
}
