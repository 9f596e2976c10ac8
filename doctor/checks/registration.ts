import { type Check, findingsOf } from "../check.ts";
import { readLog } from "../commands.ts";
import { parseObject } from "../documents.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Answer } from "../network.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { strings } from "./protected-resource-metadata.ts";

/** Of every registration that the doctor makes, so that an operator knows them. */
const CLIENT_NAME = "entra-mcp-gateway doctor";
/** Without a port: on loopback any one is as good (RFC 8252 §7.3). */
const REDIRECT_URI = "http://127.0.0.1/callback";

const catalogue = {
  "gateway-identity-refused": {
    level: "error",
    means: "The authorization server does not accept the gateway's managed identity",
    why: "It answers nobody but the gateway, so no client can register, sign in or get a token.",
  },
  "registration-fails": {
    level: "error",
    means: "/register answers with a server error",
    why: "Clients that are not known yet cannot connect.",
  },
  "registration-limited": {
    level: "warning",
    means: "/register refuses for the moment: too many registrations from this address",
    why: "Whoever shares the address (an office, a VPN) has to wait as well.",
  },
  "registration-refused": {
    level: "error",
    means: "/register refuses a plain public client",
    why: "Clients that are not known yet cannot connect.",
  },
  "registration-incomplete": {
    level: "error",
    means: "The answer lacks `client_id`, or does not repeat `redirect_uris`",
    why: "Clients fail to read it (RFC 7591 §3.2.1).",
  },
  "registration-secret": {
    level: "warning",
    means: "The answer has a `client_secret` for a client that asked for none",
    why: "A desktop client cannot keep it, and may then authenticate in a way the server does not expect.",
  },
  "registration-stays": {
    level: "info",
    means: "The doctor's registration cannot be deleted: the server offers no management (RFC 7592)",
    why: "It holds no secret and nobody is signed in with it; it ends by itself after a day.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export interface Registration {
  readonly clientId: string;
  readonly redirectUri: string;
  /** RFC 7592 §3; the token is secret. */
  readonly management?: { readonly uri: string; readonly token: string };
}

/** Dynamic client registration (RFC 7591). */
export const registration: Check<Registration> = {
  name: "registration",
  title: "Registration",
  needs: [authorizationServerMetadata],
  catalogue,
  async examine(given, visit) {
    const answer = await visit.network.ask(given(authorizationServerMetadata).registrationEndpoint, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({
        client_name: CLIENT_NAME,
        redirect_uris: [REDIRECT_URI],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      }),
    });
    const members = parseObject(answer.body) ?? {};
    if (answer.status !== 201) return { findings: [refusal(visit, answer, members)] };
    const clientId = members["client_id"];
    if (typeof clientId !== "string" || !strings(members["redirect_uris"]).includes(REDIRECT_URI)) {
      const what = `The answer has the members ${Object.keys(members).join(", ") || "(none)"}.`;
      return { findings: [find("registration-incomplete", { what, mend: readLog(visit) })] };
    }
    const result = { clientId, redirectUri: REDIRECT_URI, ...managementOf(visit, members) };
    const findings: Finding[] = [];
    if (members["client_secret"] !== undefined) {
      const what = "The answer has a client_secret.";
      findings.push(find("registration-secret", { what, mend: ["azd deploy"] }));
    }
    if (!result.management) {
      const what = `"${CLIENT_NAME}" stays registered as ${quote(clientId)}.`;
      findings.push(find("registration-stays", { what, mend: [] }));
    }
    return { findings, fine: `as ${quote(clientId)}`, result };
  },
};

function managementOf(
  visit: Visit,
  members: Readonly<Record<string, unknown>>,
): Pick<Registration, "management"> {
  const { registration_client_uri: uri, registration_access_token: token } = members;
  if (typeof uri !== "string" || typeof token !== "string") return {};
  return URL.parse(uri)?.origin === visit.origin ? { management: { uri, token } } : {};
}

function refusal(visit: Visit, answer: Answer, members: Readonly<Record<string, unknown>>): Finding {
  const { status, headers } = answer;
  const log = readLog(visit, headers.get("x-correlation-id"));
  const what = `/register answers ${status} ${quote(members["error"] ?? "without an error code")}.`;
  if (status === 401 || status === 403) {
    return find("gateway-identity-refused", {
      what,
      mend: [
        "The app's setting GATEWAY_PRINCIPAL_ID has to be the identity's principal (object) ID, and not its client ID:",
        'az identity list --resource-group <resource group> --query "[].{name:name, clientId:clientId, principalId:principalId}" --output table',
        "az functionapp config appsettings list --name <authorization server> --resource-group <resource group> --query \"[?name=='GATEWAY_PRINCIPAL_ID' || name=='ENTRA_CLIENT_ID' || name=='ENTRA_TENANT_ID']\" --output table",
        "API Management's named value authorization-server-audience has to be api:// and the application's ID, gateway-identity-client-id the identity's client ID:",
        'az apim nv list --service-name <API Management> --resource-group <resource group> --query "[].{name:displayName, value:value}" --output table',
        "azd provision",
        ...log,
      ],
    });
  }
  if (status === 429) {
    const seconds = headers.get("retry-after");
    const mend = [
      `Wait ${seconds && /^\d+$/.test(seconds) ? `${seconds} s` : "a minute"}, then run the doctor again.`,
    ];
    return find("registration-limited", {
      what,
      mend: [...mend, "rateLimits.register in gateway.config.ts sets the limit."],
    });
  }
  if (status >= 500) {
    return find("registration-fails", {
      what,
      mend: [
        ...log,
        "Where the log says that the store refused: the app's identity needs the data role at the database:",
        "az cosmosdb sql role assignment list --account-name <Cosmos DB> --resource-group <resource group> --output table",
      ],
    });
  }
  return find("registration-refused", { what, mend: log });
}
