import { clouds } from "../../config/clouds.ts";
import { type EntraCause, entraCause } from "../../config/rules/entra-causes.ts";
import { isGuid } from "../../config/rules/entra-id.ts";
import { argument, provision, readLog, showApplication } from "../commands.ts";
import type { Catalogue } from "../finding.ts";
import type { Visit } from "../visit.ts";
import type { EntraRequest } from "./request.ts";

/** Entra's refusals that come of how this was set up, by what is wrong; wherever they turn up. */
export const refusalCatalogue = {
  "entra-redirect-uri": {
    level: "error",
    means: "Entra does not know the gateway's redirect URI (AADSTS50011)",
    why: "Entra shows an error instead of its sign-in page, so nobody can sign in.",
  },
  "entra-application": {
    level: "error",
    means: "The tenant has no application with this client ID (AADSTS700016)",
    why: "Nobody can sign in. The ID is another one's, such as the tenant's or an identity's, or the tenant is.",
  },
  "entra-tenant": {
    level: "error",
    means: "There is no such tenant (AADSTS90002)",
    why: "Nobody can sign in. The ID is another one's, such as a subscription's, or of another cloud.",
  },
  "entra-resource": {
    level: "error",
    means: "The tenant has no application for the MCP server's scope (AADSTS500011)",
    why: "Entra gives no token for the MCP server, so nobody can sign in to it.",
  },
  "entra-scope": {
    level: "error",
    means: "The MCP server's application has no such scope (AADSTS70011, AADSTS650053)",
    why: "Entra gives no token for the MCP server, so nobody can sign in to it.",
  },
  "entra-consent": {
    level: "error",
    means: "Nobody has consented to the gateway's use of the MCP server (AADSTS65001, AADSTS90094)",
    why: "Each person is asked, or, where the tenant lets only administrators consent, nobody gets in. A client that is pre-authorized on the MCP server's application needs no consent, but then nobody consents to what the MCP server calls on the person's behalf either.",
  },
  "entra-assignment": {
    level: "error",
    means: "The application lets only assigned people in, and this person is not (AADSTS50105)",
    why: "Everybody who is not assigned stays outside.",
  },
  "entra-disabled": {
    level: "error",
    means: "The application is disabled in this tenant (AADSTS7000112)",
    why: "Nobody can sign in.",
  },
  "entra-resource-parameter": {
    level: "error",
    means: "The gateway sends `resource` to Entra (AADSTS9010010)",
    why: "Entra has scopes instead of resource indicators, and refuses both together.",
  },
  "federated-subject": {
    level: "error",
    means: "The federated credential trusts another identity (AADSTS700213): wrong subject",
    why: "The gateway cannot prove to Entra who it is, so every sign-in fails at its last step.",
  },
  "federated-issuer": {
    level: "error",
    means: "The federated credential trusts another issuer (AADSTS700211, AADSTS70021)",
    why: "The gateway cannot prove to Entra who it is, so every sign-in fails at its last step.",
  },
  "federated-audience": {
    level: "error",
    means: "The federated credential expects another audience (AADSTS700212)",
    why: "The gateway cannot prove to Entra who it is, so every sign-in fails at its last step.",
  },
  "entra-refusal": {
    level: "error",
    means: "Entra refuses for another reason",
    why: "Entra's number says which.",
  },
} satisfies Catalogue;

export type RefusalCode = keyof typeof refusalCatalogue;

const CODES: Readonly<Partial<Record<EntraCause, RefusalCode>>> = {
  "redirect-uri": "entra-redirect-uri",
  application: "entra-application",
  "application-disabled": "entra-disabled",
  tenant: "entra-tenant",
  resource: "entra-resource",
  "resource-parameter": "entra-resource-parameter",
  scope: "entra-scope",
  consent: "entra-consent",
  "administrator-consent": "entra-consent",
  assignment: "entra-assignment",
  "federated-subject": "federated-subject",
  "federated-issuer": "federated-issuer",
  "federated-audience": "federated-audience",
};

/** @param aadsts Entra's number, such as "AADSTS50011" */
export function refusalCode(aadsts: string): RefusalCode {
  const cause = entraCause(aadsts);
  return (cause && CODES[cause]) ?? "entra-refusal";
}

/**
 * @param request what the gateway asked of Entra
 * @returns what to do about a refusal
 */
export function mendRefusal(
  visit: Visit,
  code: RefusalCode,
  aadsts: string,
  request: EntraRequest,
): string[] {
  const { clientId, tenantId, redirectUri, resource } = request;
  const application = argument(clientId);
  const server = argument(resource ?? "<the MCP server's application ID>");
  switch (code) {
    case "entra-redirect-uri":
      return [
        showApplication(clientId, "web.redirectUris"),
        `az ad app update --id ${application} --web-redirect-uris ${argument(redirectUri)}`,
        provision(visit),
      ];
    case "entra-application":
      return [
        "The setting ENTRA_CLIENT_ID has to be the application (client) ID: not the tenant's ID, not an object ID, not an identity's client or principal ID.",
        `az ad app list --filter "appId eq '${application}'" --query "[].{name:displayName, clientId:appId, objectId:id}" --output table`,
        `az ad sp create --id ${application}`,
        `The tenant is ${argument(tenantId)}; the one that you are signed in to:`,
        "az account show --query tenantId",
        provision(visit),
      ];
    case "entra-tenant":
      return [
        "az account show --query tenantId",
        "The setting ENTRA_TENANT_ID has to be that ID:",
        provision(visit),
      ];
    case "entra-resource":
      return [
        "servers[].entra.scope in gateway.config.ts has to be api:// and the MCP server's application ID:",
        showApplication(resource ?? "", "identifierUris"),
        `az ad sp create --id ${server}`,
        provision(visit),
      ];
    case "entra-scope":
      return [
        "servers[].entra.scope in gateway.config.ts has to be one of:",
        showApplication(resource ?? "", "api.oauth2PermissionScopes[].value"),
        provision(visit),
      ];
    case "entra-consent":
      return [
        "Consent for the whole tenant, as an administrator:",
        `az ad app permission admin-consent --id ${application}`,
        `Or, only where the MCP server calls nothing on the person's behalf, pre-authorize the gateway (${application}) at its application. Already pre-authorized:`,
        showApplication(resource ?? "", "api.preAuthorizedApplications"),
      ];
    case "entra-assignment":
      return [
        `az ad sp show --id ${server} --query "{required:appRoleAssignmentRequired, id:id}"`,
        ...assignRole(server),
      ];
    case "entra-disabled":
      return [`az ad sp update --id ${application} --set accountEnabled=true`];
    case "entra-resource-parameter":
      return [provision(visit)];
    case "federated-subject":
    case "federated-issuer":
    case "federated-audience":
      return mendFederatedCredential(visit, clientId, tenantId);
    case "entra-refusal":
      return [`${clouds.public.authorityHost}/error?code=${aadsts.replace("AADSTS", "")}`, ...readLog(visit)];
  }
}

const OTHER_CLOUDS = "another cloud has others: config/clouds.ts";

/** What a federated credential has to hold, and how to see what it does hold. */
export function mendFederatedCredential(visit: Visit, clientId: string, tenantId: string): string[] {
  const { authorityHost, tokenExchangeAudience } = clouds.public;
  return [
    `az ad app federated-credential list --id ${argument(clientId)} --query "[].{name:name, subject:subject, issuer:issuer, audiences:audiences}"`,
    "Its subject has to be the identity's principal (object) ID, and not its client ID:",
    'az identity list --resource-group <resource group> --query "[].{name:name, clientId:clientId, principalId:principalId}" --output table',
    `Its issuer has to be ${authorityHost}/${isGuid(tenantId.toLowerCase()) ? tenantId : "<home tenant ID>"}/v2.0, its audience ${tokenExchangeAudience}, letter for letter (${OTHER_CLOUDS}):`,
    provision(visit),
  ];
}

/** @param server application ID of the MCP server, or a placeholder for it */
export function assignRole(server: string): string[] {
  return [
    "az ad user show --id <user principal name> --query id",
    `az ad sp show --id ${server} --query "{resourceId:id, roles:appRoles[].{name:value, id:id}}"`,
    `az rest --method POST --url ${clouds.public.graph}/v1.0/servicePrincipals/<resourceId>/appRoleAssignedTo --body "{'principalId':'<user ID>','resourceId':'<resourceId>','appRoleId':'<role ID>'}"`,
    "A role works from the next sign-in on, and a few minutes after it was assigned.",
  ];
}
