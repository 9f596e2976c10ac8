import { json, type Received, type Reply } from "./loopback-server.ts";
import { issuerV2, ORGANIZATIONS, type Tenant } from "./tenant.ts";

/** `GET /{tenant}/v2.0/.well-known/openid-configuration`; for any tenant, the issuer has a blank to be filled in. */
export async function openidConfiguration(_request: Received, tenant: Tenant): Promise<Reply> {
  return json(200, {
    issuer:
      tenant.tenantId === ORGANIZATIONS
        ? issuerV2({ authority: tenant.authority.replace(ORGANIZATIONS, "{tenantid}") })
        : issuerV2(tenant),
    authorization_endpoint: `${tenant.authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenant.authority}/oauth2/v2.0/token`,
    end_session_endpoint: `${tenant.authority}/oauth2/v2.0/logout`,
    jwks_uri: `${tenant.authority}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "nonce",
      "preferred_username",
      "name",
      "tid",
      "ver",
      "email",
    ],
    request_uri_parameter_supported: false,
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
  });
}
