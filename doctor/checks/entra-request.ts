import { isGuid } from "../../config/rules/entra-id.ts";
import { ASSERTION_TYPE, routes } from "../../functions/authorization-server/contract.ts";
import { type Check, findingsOf } from "../check.ts";
import { argument, azdValues, provision } from "../commands.ts";
import type { EntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import { isLoopback, type Visit } from "../visit.ts";
import { consent } from "./consent.ts";

const catalogue = {
  "client-is-tenant": {
    level: "error",
    means: "The tenant's ID stands where the application's belongs (`client_id`)",
    why: "Entra knows no such application, so nobody can sign in.",
  },
  "scope-of-tenant": {
    level: "error",
    means: "The scope names the tenant's ID where the MCP server's application ID belongs",
    why: "Entra knows no such resource (AADSTS500011), so nobody can sign in.",
  },
  "scope-shape": {
    level: "error",
    means: "The scope is not `api://<application ID>/<scope>`",
    why: "Entra gives a token for Microsoft Graph instead, or none; the MCP server refuses it.",
  },
  "scope-none": {
    level: "info",
    means:
      "Entra is asked only who the person is, so the MCP server gets an assertion of the gateway, or nothing",
    why: "A server that gets assertions refuses every call until it verifies them with the right values.",
  },
  "ids-malformed": {
    level: "error",
    means: "The tenant's or the application's ID is not one",
    why: "Entra finds neither.",
  },
  "redirect-uri-elsewhere": {
    level: "error",
    means: "The redirect URI is not the gateway's /callback",
    why: "Entra brings people back to another place, where their sign-in does not go on.",
  },
  "resource-parameter": {
    level: "error",
    means: "The gateway sends `resource` to Entra",
    why: "Entra refuses it together with scopes (AADSTS9010010).",
  },
  "answer-in-query": {
    level: "error",
    means: "Entra is asked to answer in the query (`response_mode`)",
    why: "API Management refuses a query over 2,048 bytes, and Entra's codes are longer for some people: they cannot sign in.",
  },
  "entra-leg-unprotected": {
    level: "error",
    means: "`state`, `nonce` or the PKCE challenge towards Entra is missing",
    why: "Somebody else's answer from Entra could be slipped into a person's sign-in.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** What the gateway asks of Entra names the right tenant, application, scope and way back. */
export const entraRequest: Check<EntraRequest> = {
  name: "entra-request",
  title: "Request to Entra",
  needs: [consent],
  catalogue,
  async examine(given, visit) {
    const { request } = given(consent);
    const findings = [
      ...idFindings(visit, request),
      ...scopeFindings(visit, request),
      ...wayBackFindings(visit, request),
      ...parameterFindings(visit, request),
    ];
    const fine = `application ${argument(request.clientId)}, scope ${quote(request.scopes.join(" "))}`;
    // What is wrong already would only be said once more in Entra's words.
    const nothingWrong = findings.every(({ level }) => level === "info");
    return { findings, fine, ...(nothingWrong ? { result: request } : {}) };
  },
};

function idFindings(visit: Visit, { clientId, tenantId }: EntraRequest): Finding[] {
  const mend = [
    "The setting ENTRA_CLIENT_ID has to be the application (client) ID, ENTRA_TENANT_ID the tenant's:",
    'az ad app list --show-mine --query "[].{name:displayName, clientId:appId, objectId:id}" --output table',
    "az account show --query tenantId",
    provision(visit),
  ];
  if (clientId.toLowerCase() === tenantId.toLowerCase()) {
    return [find("client-is-tenant", { what: `client_id and tenant are both ${quote(clientId)}.`, mend })];
  }
  const tenantOk =
    isGuid(tenantId.toLowerCase()) || /^(organizations|common|[a-z0-9-]+(\.[a-z0-9-]+)+)$/i.test(tenantId);
  if (isGuid(clientId.toLowerCase()) && tenantOk) return [];
  const what = `client_id is ${quote(clientId)}, the tenant is ${quote(tenantId)}.`;
  return [find("ids-malformed", { what, mend })];
}

function scopeFindings(visit: Visit, { scopes, tenantId, resource }: EntraRequest): Finding[] {
  if (scopes.length === 0) return [find("scope-none", assertionValues(visit))];
  const what = `The scope is ${quote(scopes.join(" "))}.`;
  const mend = [
    "servers[].entra.scope in gateway.config.ts, or the setting GATEWAY made of it, has to name the MCP server's application (client) ID:",
    'az ad app list --show-mine --query "[].{name:displayName, clientId:appId, scopes:api.oauth2PermissionScopes[].value}"',
    azdValues,
    provision(visit),
  ];
  if (resource && resource.toLowerCase() === tenantId.toLowerCase())
    return [find("scope-of-tenant", { what, mend })];
  const oneOfAnApi = scopes.length === 1 && /^[a-z][a-z0-9+.-]*:\/\/[^\s/]+\/\S+$/i.test(scopes[0] ?? "");
  return oneOfAnApi ? [] : [find("scope-shape", { what, mend })];
}

function assertionValues({ origin }: Visit) {
  return {
    what: "The scope names no application (servers[].identity).",
    mend: [
      "The server verifies an assertion with these, and with the audience in servers[].identity.assertion.audience:",
      `issuer ${origin}, JWKS URL ${origin}${routes.jwks.path}, typ ${ASSERTION_TYPE}`,
    ],
  };
}

function wayBackFindings(visit: Visit, { redirectUri }: EntraRequest): Finding[] {
  const expected = `${visit.origin}/callback`;
  if (redirectUri === expected) return [];
  const lost = !visit.local && isLoopback(URL.parse(redirectUri)?.hostname ?? "");
  return [
    find("redirect-uri-elsewhere", {
      what: `redirect_uri is ${quote(redirectUri)}${lost ? ", the reader's own machine," : ""} and has to be ${quote(expected)}.`,
      mend: [
        "The setting GATEWAY carries the issuer, which the redirect URI is made of:",
        provision(visit),
        "azd deploy",
      ],
    }),
  ];
}

function parameterFindings(visit: Visit, { url }: EntraRequest): Finding[] {
  const parameters = url.searchParams;
  const missing = ["state", "nonce", "code_challenge"].filter((name) => !parameters.get(name));
  if (parameters.get("code_challenge_method") !== "S256") missing.push("code_challenge_method=S256");
  const mend = ["azd deploy", provision(visit)];
  return [
    ...(parameters.has("resource")
      ? [find("resource-parameter", { what: `resource is ${quote(parameters.get("resource"))}.`, mend })]
      : []),
    ...(parameters.get("response_mode") === "form_post"
      ? []
      : [
          find("answer-in-query", {
            what: `response_mode is ${quote(parameters.get("response_mode") ?? "missing")}.`,
            mend: ["azd deploy"],
          }),
        ]),
    ...(missing.length > 0
      ? [find("entra-leg-unprotected", { what: `${missing.join(", ")} is missing.`, mend })]
      : []),
  ];
}
