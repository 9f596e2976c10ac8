import type { Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Dependencies } from "../../dependencies.ts";
import { ForeignGrantError, OAuthError, ReuseError } from "../../errors.ts";
import type { IssuedTokens } from "../../sessions/issue-tokens.ts";
import { readForm, requiredParameter } from "../request-body.ts";
import { json } from "../responses.ts";
import { authorizationCodeGrant } from "./authorization-code-grant.ts";
import { type GrantExchange, requireKnownClient } from "./grant.ts";
import { refreshTokenGrant } from "./refresh-token-grant.ts";

/** By `grant_type`; the metadata lists the same. */
export const grants: ReadonlyMap<string, GrantExchange> = new Map([
  ["authorization_code", authorizationCodeGrant],
  ["refresh_token", refreshTokenGrant],
]);

/**
 * `POST /token` (RFC 6749 §3.2): one point read and one conditional write; one read more for a refresh, and for a client that
 * registered to authenticate.
 */
export function token(dependencies: Dependencies): Endpoint {
  return async (request, call) => {
    const form = await readForm(request);
    const type = requiredParameter(form, "grant_type");
    const grant = grants.get(type);
    if (!grant) throw new OAuthError("unsupported_grant_type", "grant_type is not supported.");
    const { authenticate, clients } = dependencies;
    const clientId = await authenticate(request, form, clients.authentication);
    const issued = await grant(dependencies, call, clientId, form).catch(async (error: unknown) => {
      if (error instanceof ForeignGrantError) await requireKnownClient(dependencies, clientId);
      if (error instanceof ReuseError)
        audit(call, "reuse_detected", { ...error.subject, reused: error.reused }, "warn");
      throw error;
    });
    return json(wireForm(issued, dependencies.now()));
  };
}

/** RFC 6749 §5.1. */
function wireForm({ accessToken, expiresAt, scopes, refreshToken }: IssuedTokens, now: number) {
  return {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: Math.max(0, expiresAt - now),
    scope: scopes.join(" "),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  };
}
