import { audit } from "../../audit/audit.ts";
import { refreshSession } from "../../sessions/refresh.ts";
import { noteUse } from "../note-use.ts";
import { requiredParameter } from "../request-body.ts";
import { serverForResource } from "../resource-indicator.ts";
import { type GrantExchange, requireKnownClient, unknownGrant } from "./grant.ts";

/**
 * RFC 6749 §6 with RFC 8707 §2.2. A registration that was deleted ends what people granted its client here (RFC 7592 §2.3),
 * which costs one point read; one that is in use does not end for want of sign-ins.
 */
export const refreshTokenGrant: GrantExchange = async (dependencies, call, clientId, form) => {
  const resource = form.get("resource");
  const server =
    resource === undefined ? undefined : serverForResource(resource, dependencies.gateway.servers);
  const refreshToken = requiredParameter(form, "refresh_token");
  const client = await requireKnownClient(dependencies, clientId);
  const scope = form.get("scope");
  const refreshed = await refreshSession(dependencies.sessions, {
    refreshToken,
    clientId,
    ...(scope === undefined ? {} : { scopes: [...new Set(scope.split(" ").filter(Boolean))] }),
    ...(server ? { server: server.name } : {}),
  });
  if (!refreshed) throw unknownGrant(clientId);
  await noteUse(dependencies, call, client);
  audit(call, refreshed.replayed ? "replayed" : "refreshed", {
    ...refreshed.subject,
    server: refreshed.server,
    scopes: refreshed.tokens.scopes.join(" "),
  });
  return refreshed.tokens;
};
