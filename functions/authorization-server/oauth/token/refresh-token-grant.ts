import { audit } from "../../audit/audit.ts";
import { refreshSession } from "../../sessions/refresh.ts";
import { requiredParameter } from "../request-body.ts";
import { serverForResource } from "../resource-indicator.ts";
import { type GrantExchange, refuseUnknownGrant } from "./grant.ts";

/** RFC 6749 §6 with RFC 8707 §2.2. */
export const refreshTokenGrant: GrantExchange = async (dependencies, call, clientId, form) => {
  const resource = form.get("resource");
  const server =
    resource === undefined ? undefined : serverForResource(resource, dependencies.gateway.servers);
  const scope = form.get("scope");
  const refreshed = await refreshSession(dependencies.sessions, {
    refreshToken: requiredParameter(form, "refresh_token"),
    clientId,
    ...(scope === undefined ? {} : { scopes: [...new Set(scope.split(" ").filter(Boolean))] }),
    ...(server ? { server: server.name } : {}),
  });
  if (!refreshed) return refuseUnknownGrant(dependencies, clientId);
  audit(call, refreshed.replayed ? "replayed" : "refreshed", {
    ...refreshed.subject,
    server: refreshed.server,
  });
  return refreshed.tokens;
};
