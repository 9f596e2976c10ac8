import { randomUUID, timingSafeEqual } from "node:crypto";
import { TOKEN_EXCHANGE_AUDIENCE } from "./directory.ts";
import { json, type Received, type Reply } from "./loopback-server.ts";
import type { Tenant } from "./tenant.ts";
import { managedIdentityToken } from "./tokens.ts";

/**
 * `GET /msi/token`: the endpoint that App Service and Functions give an app in `IDENTITY_ENDPOINT`, for its
 * user-assigned identities.
 */
export async function managedIdentityEndpoint(request: Received, tenant: Tenant): Promise<Reply> {
  if (request.method !== "GET") return refuse(405, "The resource supports only GET.");
  const header = request.headers["x-identity-header"];
  if (typeof header !== "string") return refuse(401, "The X-IDENTITY-HEADER header is missing.");
  if (!same(header, tenant.identityHeader)) return refuse(403, "The X-IDENTITY-HEADER header is wrong.");

  const parameters = request.url.searchParams;
  if (parameters.get("api-version") !== "2019-08-01") return refuse(400, "The api-version is not supported.");
  const identity = tenant.directory.identity(parameters.get("client_id") ?? "");
  if (!identity) {
    return refuse(
      400,
      "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
    );
  }
  const resource = parameters.get("resource") ?? "";
  const audience =
    resource === TOKEN_EXCHANGE_AUDIENCE ? TOKEN_EXCHANGE_AUDIENCE : tenant.directory.resource(resource);
  if (!audience) {
    return refuse(
      400,
      `AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${tenant.tenantId}.`,
    );
  }

  const { token, expiresOn } = await managedIdentityToken(tenant, identity, audience);
  tenant.log({
    component: "entra",
    level: "debug",
    message: JSON.stringify({ event: "managed_identity_token", identity: identity.displayName, resource }),
  });
  return json(200, {
    access_token: token,
    expires_on: String(expiresOn),
    resource,
    token_type: "Bearer",
    client_id: identity.clientId,
  });
}

function refuse(status: number, message: string): Reply {
  return json(status, { statusCode: status, message, correlationId: randomUUID() });
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
