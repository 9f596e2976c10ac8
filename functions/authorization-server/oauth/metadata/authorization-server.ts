import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { routes } from "../../routes.ts";
import { OFFLINE_ACCESS } from "../../sessions/openid-scopes.ts";
import {
  CLIENT_AUTHENTICATION_METHODS,
  resourceServerAuthenticationMethods,
} from "../client-authentication/methods.ts";
import { ASSERTION_ALGORITHMS } from "../client-authentication/verify-assertion.ts";
import { publicDocument } from "../responses.ts";
import { CODE_CHALLENGE_METHODS } from "../sign-in/checks/check-pkce.ts";
import { PROMPT_VALUES } from "../sign-in/checks/check-prompt.ts";
import { grants } from "../token/token.ts";

/** Short, so that a changed deployment is seen soon. */
export const DOCUMENT_MAX_AGE_SECONDS = 300;

type Needs = Pick<Dependencies, "gateway">;

/** RFC 8414 §2, from the routes and tables that serve it: nothing is listed that is not there. */
function metadata({ gateway }: Needs) {
  const { issuer, servers } = gateway;
  const introspectionMethods = resourceServerAuthenticationMethods(gateway);
  return {
    issuer,
    authorization_endpoint: `${issuer}${routes.authorize.path}`,
    token_endpoint: `${issuer}${routes.token.path}`,
    registration_endpoint: `${issuer}${routes.register.path}`,
    revocation_endpoint: `${issuer}${routes.revoke.path}`,
    jwks_uri: `${issuer}${routes.jwks.path}`,
    scopes_supported: [
      ...new Set(servers.flatMap((s) => s.scopes.map((scope) => scope.name))),
      OFFLINE_ACCESS,
    ],
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: [...grants.keys()],
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    // Nobody can use it where no resource server is configured.
    ...(introspectionMethods.length > 0
      ? {
          introspection_endpoint: `${issuer}${routes.introspect.path}`,
          introspection_endpoint_auth_methods_supported: introspectionMethods,
          introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
        }
      : {}),
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    prompt_values_supported: PROMPT_VALUES,
    // Left out rather than false, in case a client looks only whether the member is there.
    ...(gateway.clientDocuments.advertise ? { client_id_metadata_document_supported: true } : {}),
    authorization_response_iss_parameter_supported: true,
  };
}

/** `GET /.well-known/oauth-authorization-server` (RFC 8414 §3). */
export function authorizationServerMetadata(needs: Needs): Endpoint {
  const document = metadata(needs);
  return async () => publicDocument(document, DOCUMENT_MAX_AGE_SECONDS);
}

/**
 * `GET /.well-known/openid-configuration`: the same for clients and gateways that look here. We issue no id tokens; the two
 * members more are those that OpenID Connect Discovery §3 requires of every such document.
 */
export function openidConfiguration(needs: Needs): Endpoint {
  const document = {
    ...metadata(needs),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
  return async () => publicDocument(document, DOCUMENT_MAX_AGE_SECONDS);
}
