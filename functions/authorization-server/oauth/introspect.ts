import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Endpoint } from "../../platform/endpoint.ts";
import { credentialsAuthentication } from "../clients/configured-clients.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { readAccessToken } from "../sessions/access-token.ts";
import { endOf } from "../sessions/session-context.ts";
import { readForm, requiredParameter } from "./request-body.ts";
import { json } from "./responses.ts";

type Needs = Pick<Dependencies, "authenticate" | "gateway" | "keys" | "sessions" | "now">;

/**
 * `POST /introspect` (RFC 7662): a configured resource server asks whether an access token for its own MCP server stands;
 * at most one point read. Of every other token, whatever is the matter with it, it learns nothing but `active: false`.
 */
export function introspect({ authenticate, gateway, keys, sessions, now }: Needs): Endpoint {
  return async (request) => {
    const form = await readForm(request);
    const id = await authenticate(request, form, async (named) =>
      credentialsAuthentication(resourceServer(gateway, named).auth),
    );
    const token = requiredParameter(form, "token");
    const { server } = resourceServer(gateway, id);
    const resource = gateway.servers.find(({ name }) => name === server)?.resource;
    const claims = await readAccessToken(keys, gateway.issuer, token);
    if (!claims || claims.aud !== resource || claims.exp <= now()) return json({ active: false });
    const stored = await sessions.documents.read(claims.sid, claims.sub);
    if (!stored || endOf(stored.document, now())) return json({ active: false });
    const { iss, sub, aud, client_id, jti, iat, exp } = claims;
    // Without what the person withdrew since.
    const { scopes } = stored.document;
    const scope = claims.scope
      .split(" ")
      .filter((each) => scopes.includes(each))
      .join(" ");
    return json({ active: true, token_type: "Bearer", iss, sub, aud, client_id, scope, jti, iat, exp });
  };
}

/** @throws OAuthError `invalid_client` when the ID is no resource server's; clients have no business here */
function resourceServer({ resourceServers }: Pick<ResolvedGateway, "resourceServers">, id: string) {
  const found = resourceServers.find((each) => each.id === id);
  if (found) return found;
  throw new OAuthError("invalid_client", "The resource server could not be authenticated.", {
    reason: "resource_server_unknown",
  });
}
