import { isDeepStrictEqual } from "node:util";
import { type Check, findingsOf } from "../check.ts";
import { deploy } from "../commands.ts";
import { parseObject } from "../documents.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { protectedResourceMetadata } from "./protected-resource-metadata.ts";

const catalogue = {
  "document-stale": {
    level: "error",
    means: "Reading a document twice gives two different ones",
    why: "A cache, an instance or a region still has what was there before the last deployment; clients get the one or the other.",
  },
  "document-behind": {
    level: "error",
    means: "The gateway gives another document than the Functions app behind it",
    why: "The gateway, or a cache before it, still has what was there before the last deployment, or asks another app.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

type Members = Readonly<Record<string, unknown>> | undefined;

/** Documents are the same however often and however directly they are read. */
export const freshDocuments: Check = {
  name: "fresh-documents",
  title: "Documents up to date",
  needs: [protectedResourceMetadata, authorizationServerMetadata],
  catalogue,
  async examine(given, visit) {
    const { jwksUri } = given(authorizationServerMetadata);
    const urls = [
      given(protectedResourceMetadata).url,
      given(authorizationServerMetadata).document.url,
      ...(jwksUri ? [jwksUri] : []),
    ];
    const findings: Finding[] = [];
    for (const url of urls) findings.push(...(await compare(visit, url)));
    return { findings, fine: `${urls.length} documents, each read three times` };
  },
};

/** As any client reads it, past the caches, and from the app itself where its URL is known. */
async function compare(visit: Visit, url: string): Promise<Finding[]> {
  const cached = await read(visit, url);
  const again = await read(visit, url);
  const fresh = await read(visit, `${url}?fresh=${crypto.randomUUID()}`, { "cache-control": "no-cache" });
  const { pathname } = new URL(url);
  for (const other of [again, fresh]) {
    if (isDeepStrictEqual(cached, other)) continue;
    const what = `${pathname} was different from one reading to the next (${differing(cached, other)}).`;
    const mend = [
      "Clients may keep a document for 5 minutes. Wait that long, then run the doctor again.",
      "Where Front Door stands before the gateway, empty its cache:",
      "az afd endpoint purge --resource-group <resource group> --profile-name <Front Door> --endpoint-name <endpoint> --content-paths '/.well-known/*' '/jwks'",
      deploy(visit),
    ];
    return [find("document-stale", { what, mend })];
  }
  if (!visit.authorizationServerUrl) return [];
  const source = await read(visit, `${visit.authorizationServerUrl}${pathname}`);
  if (!source || isDeepStrictEqual(cached, source)) return [];
  const what = `${pathname} at the gateway differs from the app's own (${differing(cached, source)}).`;
  return [find("document-behind", { what, mend: ["azd provision", deploy(visit)] })];
}

async function read(visit: Visit, url: string, headers: Record<string, string> = {}): Promise<Members> {
  return parseObject((await visit.network.ask(url, { headers })).body);
}

function differing(one: Members, other: Members): string {
  const names = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  return (
    [...names].filter((name) => !isDeepStrictEqual(one?.[name], other?.[name])).join(", ") || "not readable"
  );
}
