import type { BreakableGateway } from "../breakable-gateway.ts";
import { answersAt, redirectsAt } from "../interceptors.ts";
import { type GatewayFault, SOMEBODY_ELSE } from "./gateway-fault.ts";

/** What Entra may refuse. */
export const entraFaults: readonly GatewayFault[] = [
  {
    is: "a redirect URI that Entra does not know",
    change: (subject) =>
      Object.assign(subject.signIn, { redirectUris: ["https://old.brightwater.example/callback"] }),
    finds: ["entra-page: entra-redirect-uri"],
  },
  {
    is: "an identity's ID in place of the application's",
    intercept: (subject) =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("client_id", subject.twin.tenant.identity.authorizationServer.principalId),
      ),
    finds: ["entra-page: entra-application"],
  },
  {
    is: "a tenant that there is not",
    intercept: () =>
      redirectsAt("/consent", (location) =>
        Object.assign(location, { pathname: location.pathname.replace(/[^/]+/, SOMEBODY_ELSE) }),
      ),
    finds: ["entra-page: entra-tenant"],
  },
  {
    is: "a scope of an application that there is not",
    intercept: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("scope", `openid api://${SOMEBODY_ELSE}/Mcp.Access`),
      ),
    finds: ["entra-page: entra-resource"],
  },
  {
    is: "no consent to the MCP server's scope",
    change: (subject) => Object.assign(subject.signIn, { delegatedPermissions: [] }),
    finds: ["entra-page: entra-consent"],
  },
  {
    is: "a federated credential with the identity's client ID as its subject",
    change: (subject) =>
      credentialBecomes(subject, { subject: subject.twin.tenant.identity.authorizationServer.clientId }),
    finds: ["gateway-credential: federated-subject"],
  },
  {
    is: "a firewall that blocks forms of other sites",
    intercept: () => async (request, forward) =>
      request.path === "/callback" && request.method === "POST"
        ? { status: 403, headers: {}, body: "" }
        : forward(request),
    finds: ["gateway-credential: answer-refused"],
  },
  {
    is: "a proxy that strips the cookie of Entra's answer",
    intercept: () =>
      answersAt("/callback", ({ headers: { "set-cookie": _, ...headers }, ...answer }) => ({
        ...answer,
        headers,
      })),
    finds: ["gateway-credential: answer-refused"],
  },
  {
    is: "a federated credential of another issuer",
    change: (subject) =>
      credentialBecomes(subject, { issuer: `https://login.microsoftonline.com/${SOMEBODY_ELSE}/v2.0` }),
    finds: ["gateway-credential: federated-issuer"],
  },
  {
    is: "a federated credential for another audience",
    change: (subject) => credentialBecomes(subject, { audience: "api://AzureADTokenExchangeUSGov" }),
    finds: ["gateway-credential: federated-audience"],
  },
];

function credentialBecomes(
  subject: BreakableGateway,
  change: { subject?: string; issuer?: string; audience?: string },
): void {
  const federatedCredentials = subject.signIn.federatedCredentials.map((each) => ({ ...each, ...change }));
  Object.assign(subject.signIn, { federatedCredentials });
}
