import type { Patient } from "../breakable-gateway.ts";
import { answersAt, redirectsAt } from "../tampering-proxy.ts";
import { type Sickness, SOMEBODY_ELSE } from "./gateway-fault.ts";

/** What Entra may refuse. */
export const sickTenants: readonly Sickness[] = [
  {
    is: "a redirect URI that Entra does not know",
    change: (patient) =>
      Object.assign(patient.signIn, { redirectUris: ["https://old.brightwater.example/callback"] }),
    finds: ["entra-page: entra-redirect-uri"],
  },
  {
    is: "an identity's ID in place of the application's",
    spoil: (patient) =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("client_id", patient.twin.tenant.identity.authorizationServer.principalId),
      ),
    finds: ["entra-page: entra-application"],
  },
  {
    is: "a tenant that there is not",
    spoil: () =>
      redirectsAt("/consent", (location) =>
        Object.assign(location, { pathname: location.pathname.replace(/[^/]+/, SOMEBODY_ELSE) }),
      ),
    finds: ["entra-page: entra-tenant"],
  },
  {
    is: "a scope of an application that there is not",
    spoil: () =>
      redirectsAt("/consent", ({ searchParams }) =>
        searchParams.set("scope", `openid api://${SOMEBODY_ELSE}/Mcp.Access`),
      ),
    finds: ["entra-page: entra-resource"],
  },
  {
    is: "no consent to the MCP server's scope",
    change: (patient) => Object.assign(patient.signIn, { delegatedPermissions: [] }),
    finds: ["entra-page: entra-consent"],
  },
  {
    is: "a federated credential with the identity's client ID as its subject",
    change: (patient) =>
      credentialBecomes(patient, { subject: patient.twin.tenant.identity.authorizationServer.clientId }),
    finds: ["gateway-credential: federated-subject"],
  },
  {
    is: "a firewall that blocks forms of other sites",
    spoil: () => async (request, forward) =>
      request.path === "/callback" && request.method === "POST"
        ? { status: 403, headers: {}, body: "" }
        : forward(request),
    finds: ["gateway-credential: answer-refused"],
  },
  {
    is: "a proxy that strips the cookie of Entra's answer",
    spoil: () =>
      answersAt("/callback", ({ headers: { "set-cookie": _, ...headers }, ...answer }) => ({
        ...answer,
        headers,
      })),
    finds: ["gateway-credential: answer-refused"],
  },
  {
    is: "a federated credential of another issuer",
    change: (patient) =>
      credentialBecomes(patient, { issuer: `https://login.microsoftonline.com/${SOMEBODY_ELSE}/v2.0` }),
    finds: ["gateway-credential: federated-issuer"],
  },
  {
    is: "a federated credential for another audience",
    change: (patient) => credentialBecomes(patient, { audience: "api://AzureADTokenExchangeUSGov" }),
    finds: ["gateway-credential: federated-audience"],
  },
];

function credentialBecomes(
  patient: Patient,
  change: { subject?: string; issuer?: string; audience?: string },
): void {
  const federatedCredentials = patient.signIn.federatedCredentials.map((each) => ({ ...each, ...change }));
  Object.assign(patient.signIn, { federatedCredentials });
}
