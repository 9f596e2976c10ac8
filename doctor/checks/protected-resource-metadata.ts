import { type Check, findingsOf } from "../check.ts";
import { azdValues, provision } from "../commands.ts";
import { type Document, documentCatalogue, readDocument, strayAddresses } from "../documents.ts";
import { isEntra } from "../entra/authority.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { connection } from "./connection.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

const catalogue = {
  ...documentCatalogue,
  "resource-mismatch": {
    level: "error",
    means: "`resource` is not the MCP URL to the letter",
    why: "Clients compare it with the URL that was typed (RFC 9728 §3.3), VS Code to the letter, and refuse another.",
  },
  "authorization-server-entra": {
    level: "error",
    means: "`authorization_servers` names Entra instead of this gateway",
    why: "VS Code switches to its built-in Microsoft sign-in, other clients ask Entra for a registration it does not offer.",
  },
  "authorization-server-missing": {
    level: "error",
    means: "`authorization_servers` does not name this gateway",
    why: "Clients look for the authorization server where it is not.",
  },
  "scopes-missing": {
    level: "warning",
    means: "`scopes_supported` is missing or empty",
    why: "Clients that do not read the challenge ask for no scope.",
  },
  "scopes-of-entra": {
    level: "error",
    means: "`scopes_supported` holds an Entra scope (`api://…`)",
    why: "Clients would ask this gateway for a scope that it does not have; the mapping to Entra's is its own business.",
  },
  "scopes-offline": {
    level: "warning",
    means: "`scopes_supported` of the resource lists offline_access",
    why: "It is the client's wish, not the resource's; strict clients refuse the document.",
  },
  "root-document": {
    level: "warning",
    means: "The document at the root is missing",
    why: "Clients that do not know path-specific metadata look only there.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

export interface ResourceMetadata {
  readonly url: string;
  readonly scopes: readonly string[];
}

/** The protected resource metadata of the MCP server (RFC 9728). */
export const protectedResourceMetadata: Check<ResourceMetadata> = {
  name: "protected-resource-metadata",
  title: "Protected resource metadata",
  needs: [connection],
  catalogue,
  async examine(_, visit) {
    const url = `${visit.origin}${WELL_KNOWN}${visit.path}`;
    const read = await readDocument(visit, url);
    if ("finding" in read) return { findings: [read.finding] };
    const { document } = read;
    const scopes = strings(document.members["scopes_supported"]);
    return {
      findings: [
        ...resourceFindings(visit, document),
        ...authorizationServerFindings(visit, document),
        ...scopeFindings(visit, scopes),
        ...(await rootFindings(visit)),
      ],
      fine: `${url} names ${visit.mcpUrl}`,
      result: { url, scopes },
    };
  },
};

function resourceFindings(visit: Visit, document: Document): Finding[] {
  const resource = document.members["resource"];
  if (resource === visit.mcpUrl) return [];
  const stray = strayAddresses(visit, document, ["resource"]).filter(isNoMismatch);
  if (stray.length > 0) return stray;
  const connectTo =
    typeof resource === "string" ? [`Connect clients to ${quote(resource)}, exactly so.`] : [];
  return [
    find("resource-mismatch", {
      what: `resource is ${quote(resource)}, the MCP URL is ${quote(visit.mcpUrl)}.`,
      mend: [...connectTo, "Or set the server's path in gateway.config.ts, then:", provision(visit)],
    }),
  ];
}

/** Another host is what this check has codes of its own for. */
function isNoMismatch({ code }: Finding): boolean {
  return code !== "foreign-address";
}

function authorizationServerFindings(visit: Visit, document: Document): Finding[] {
  const servers = strings(document.members["authorization_servers"]);
  const entra = servers.find((server) => isEntra(server));
  if (entra) {
    return [
      find("authorization-server-entra", {
        what: `authorization_servers holds ${quote(entra)}.`,
        mend: [
          "Something else answers at this address, such as the backend's or API Management's own metadata; see which API has the path:",
          'az apim api list --service-name <API Management> --resource-group <resource group> --query "[].{name:name, path:path}" --output table',
          provision(visit),
        ],
      }),
    ];
  }
  if (servers.includes(visit.origin)) return [];
  const stray = strayAddresses(visit, document, ["authorization_servers"]).filter(isNoMismatch);
  if (stray.length > 0) return stray;
  return [
    find("authorization-server-missing", {
      what: `authorization_servers is ${quote(document.members["authorization_servers"])}, it has to hold ${quote(visit.origin)}.`,
      mend: [azdValues, provision(visit)],
    }),
  ];
}

function scopeFindings(visit: Visit, scopes: readonly string[]): Finding[] {
  const mend = ["Name the scopes in gateway.config.ts (servers[].scopes), then:", provision(visit)];
  const ofEntra = scopes.find((scope) => /^api:|^https?:/i.test(scope));
  return [
    ...(scopes.length === 0
      ? [find("scopes-missing", { what: "scopes_supported lists nothing.", mend })]
      : []),
    ...(ofEntra
      ? [find("scopes-of-entra", { what: `scopes_supported holds ${quote(ofEntra)}.`, mend })]
      : []),
    ...(scopes.includes("offline_access")
      ? [find("scopes-offline", { what: "scopes_supported holds offline_access.", mend })]
      : []),
  ];
}

async function rootFindings(visit: Visit): Promise<Finding[]> {
  const { status } = await visit.network.ask(`${visit.origin}${WELL_KNOWN}`);
  if (status === 200) return [];
  const what = `${visit.origin}${WELL_KNOWN} answers ${status}.`;
  return [find("root-document", { what, mend: [provision(visit)] })];
}

/** @returns the texts of a JSON array; nothing else in it */
export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
