import { startAuthorization } from "@modelcontextprotocol/client";
import type { AuthorizationServer } from "./checks/authorization-server-metadata.ts";
import type { Visit } from "./visit.ts";

/** What a client keeps until its answer comes back. The verifier and the state are secret. */
export interface PendingAuthorization {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
  readonly redirectUri: string;
}

/**
 * Makes an authorization request as an MCP client does, with the client library's own code.
 *
 * @param scope space-separated; left out where the challenge named none
 */
export async function authorizationRequest(
  visit: Pick<Visit, "mcpUrl">,
  server: AuthorizationServer,
  client: { readonly clientId: string; readonly redirectUri: string },
  scope: string | undefined,
): Promise<PendingAuthorization> {
  const state = crypto.randomUUID();
  const { authorizationUrl, codeVerifier } = await startAuthorization(new URL(server.document.url).origin, {
    metadata: {
      issuer: new URL(server.document.url).origin,
      authorization_endpoint: server.authorizationEndpoint,
      token_endpoint: server.tokenEndpoint,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
    },
    clientInformation: { client_id: client.clientId },
    redirectUrl: client.redirectUri,
    state,
    resource: new URL(visit.mcpUrl),
    ...(scope === undefined ? {} : { scope }),
  });
  return { url: authorizationUrl.href, verifier: codeVerifier, state, redirectUri: client.redirectUri };
}
