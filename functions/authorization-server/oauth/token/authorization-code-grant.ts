import { audit } from "../../audit/audit.ts";
import { redeemCode } from "../../sessions/redeem-code.ts";
import { requiredParameter } from "../request-body.ts";
import { serverForResource } from "../resource-indicator.ts";
import { type GrantExchange, requireKnownClient, unknownGrant } from "./grant.ts";

/** RFC 6749 §4.1.3 with RFC 7636 §4.5 and RFC 8707 §2.2. */
export const authorizationCodeGrant: GrantExchange = async (dependencies, call, clientId, form) => {
  const resource = form.get("resource");
  const server =
    resource === undefined ? undefined : serverForResource(resource, dependencies.gateway.servers);
  const redirectUri = form.get("redirect_uri");
  const redeemed = await redeemCode(dependencies.sessions, {
    code: requiredParameter(form, "code"),
    clientId,
    verifier: requiredParameter(form, "code_verifier"),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(server ? { server: server.name } : {}),
  });
  if (!redeemed) {
    await requireKnownClient(dependencies, clientId);
    throw unknownGrant(clientId);
  }
  audit(call, "issued", {
    ...redeemed.subject,
    server: redeemed.server,
    scopes: redeemed.tokens.scopes.join(" "),
  });
  return redeemed.tokens;
};
