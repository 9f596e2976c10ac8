import { type Check, findingsOf } from "../check.ts";
import { provision } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { authorizationServerMetadata } from "./authorization-server-metadata.ts";
import { challenge } from "./challenge.ts";
import { protectedResourceMetadata } from "./protected-resource-metadata.ts";

/** Where a client that runs in a web page may come from; any page will do. */
const PAGE = "https://inspector.example";

const catalogue = {
  "preflight-refused": {
    level: "error",
    means: "A browser's question before a request (OPTIONS) is not answered with leave to go on",
    why: "MCP clients that run in a web page, such as MCP Inspector, cannot connect; they see only “failed to fetch”.",
  },
  "headers-refused": {
    level: "error",
    means: "A header that MCP clients send is not allowed to web pages",
    why: "MCP clients that run in a web page cannot make the call.",
  },
  "answer-hidden": {
    level: "error",
    means: "An answer may not be read by web pages",
    why: "MCP clients that run in a web page see only “failed to fetch”.",
  },
  "challenge-hidden": {
    level: "error",
    means: "Web pages may not read WWW-Authenticate or Mcp-Session-Id",
    why: "MCP clients that run in a web page cannot find out where to sign in.",
  },
  "sign-in-open-to-scripts": {
    level: "error",
    means: "A page of the sign-in allows other sites' scripts to read it",
    why: "A script on any site could read the consent page and approve in the person's name.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

const MCP_HEADERS = [
  "authorization",
  "content-type",
  "accept",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
  "mcp-session-id",
  "last-event-id",
];

/** Clients that run in a web page may ask; nobody's script may see the sign-in. */
export const cors: Check = {
  name: "cors",
  title: "Web clients (CORS)",
  needs: [protectedResourceMetadata, authorizationServerMetadata, challenge],
  catalogue,
  async examine(given, visit) {
    const server = given(authorizationServerMetadata);
    const document = (url: string) => ({ url, method: "GET", headers: ["mcp-protocol-version"] });
    const form = (url: string) => ({ url, method: "POST", headers: ["content-type"] });
    const preflights: readonly Preflight[] = [
      document(given(protectedResourceMetadata).url),
      document(server.document.url),
      form(server.registrationEndpoint),
      form(server.tokenEndpoint),
      ...(server.revocationEndpoint ? [form(server.revocationEndpoint)] : []),
      { url: visit.mcpUrl, method: "POST", headers: MCP_HEADERS },
    ];
    const findings: Finding[] = [];
    for (const preflight of preflights) findings.push(...(await preflightFindings(visit, preflight)));
    findings.push(...(await answerFindings(visit, given(protectedResourceMetadata).url)));
    findings.push(...(await challengeFindings(visit)));
    findings.push(...(await signInFindings(visit, server.authorizationEndpoint)));
    return {
      findings,
      fine: `${preflights.length} addresses open to web pages, the sign-in closed to scripts`,
    };
  },
};

interface Preflight {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly string[];
}

const mendOf = (visit: Visit) => ["The <cors> elements in policies/ say who may ask:", provision(visit)];

async function preflightFindings(visit: Visit, { url, method, headers }: Preflight): Promise<Finding[]> {
  const answer = await visit.network.ask(url, {
    method: "OPTIONS",
    headers: {
      origin: PAGE,
      "access-control-request-method": method,
      "access-control-request-headers": headers.join(","),
    },
  });
  const { pathname } = new URL(url);
  if (answer.status >= 300 || !allowsPage(answer.headers)) {
    const what = `OPTIONS ${pathname} answers ${answer.status}, Access-Control-Allow-Origin ${quote(answer.headers.get("access-control-allow-origin") ?? "missing")}.`;
    return [find("preflight-refused", { what, mend: mendOf(visit) })];
  }
  const allowed = listOf(answer.headers, "access-control-allow-headers");
  // `*` does not cover Authorization (Fetch §CORS-preflight fetch).
  const missing = headers.filter(
    (name) => !allowed.has(name) && !(allowed.has("*") && name !== "authorization"),
  );
  if (missing.length === 0) return [];
  const what = `OPTIONS ${pathname} does not allow ${missing.join(", ")}.`;
  return [find("headers-refused", { what, mend: mendOf(visit) })];
}

async function answerFindings(visit: Visit, url: string): Promise<Finding[]> {
  const { headers } = await visit.network.ask(url, { headers: { origin: PAGE } });
  if (allowsPage(headers)) return [];
  const what = `GET ${new URL(url).pathname} has no Access-Control-Allow-Origin.`;
  return [find("answer-hidden", { what, mend: mendOf(visit) })];
}

async function challengeFindings(visit: Visit): Promise<Finding[]> {
  const { headers } = await visit.network.ask(visit.mcpUrl, {
    method: "POST",
    headers: {
      origin: PAGE,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: "{}",
  });
  if (!allowsPage(headers)) {
    return [
      find("answer-hidden", { what: "The 401 has no Access-Control-Allow-Origin.", mend: mendOf(visit) }),
    ];
  }
  const exposed = listOf(headers, "access-control-expose-headers");
  const missing = ["www-authenticate", "mcp-session-id"].filter((name) => !exposed.has(name));
  if (missing.length === 0) return [];
  const what = `The 401 does not expose ${missing.join(", ")}.`;
  return [find("challenge-hidden", { what, mend: mendOf(visit) })];
}

async function signInFindings(visit: Visit, authorizationEndpoint: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const pages = ["/consent", "/callback", "/account", "/account/revoke"].map(
    (path) => `${visit.origin}${path}`,
  );
  for (const url of [authorizationEndpoint, ...pages]) {
    const { headers } = await visit.network.ask(url, { headers: { origin: PAGE } });
    if (!allowsPage(headers)) continue;
    const what = `${new URL(url).pathname} answers with Access-Control-Allow-Origin ${quote(headers.get("access-control-allow-origin"))}.`;
    findings.push(find("sign-in-open-to-scripts", { what, mend: mendOf(visit) }));
  }
  return findings;
}

function allowsPage(headers: Headers): boolean {
  const origin = headers.get("access-control-allow-origin");
  return origin === "*" || origin === PAGE;
}

function listOf(headers: Headers, name: string): ReadonlySet<string> {
  const text = headers.get(name) ?? "";
  return new Set(text.split(",").map((each) => each.trim().toLowerCase()));
}
