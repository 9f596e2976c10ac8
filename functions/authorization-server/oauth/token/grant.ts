import type { Call } from "../../../platform/endpoint.ts";
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
 * The answer when a code or refresh token leads nowhere. A client that is not registered either learns that first, so
 * that it registers again.
 */
export async function refuseUnknownGrant({ clients }: Dependencies, clientId: string): Promise<never> {
  if (!(await clients.find(clientId))) {
    throw new OAuthError(
      "invalid_client",
      "The client is not registered here, or its registration has ended.",
      {
        reason: "client_unknown",
      },
    );
  }
  throw new OAuthError("invalid_grant", "The grant is invalid, expired or revoked.", {
    reason: "grant_unknown",
  });
}
