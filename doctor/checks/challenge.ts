import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import { isEntra } from "../entra/authority.ts";
import type { Catalogue, Finding } from "../finding.ts";
import type { Answer } from "../network.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { protectedResourceMetadata, type ResourceMetadata } from "./protected-resource-metadata.ts";

const catalogue = {
  "mcp-open": {
    level: "error",
    means: "The MCP server answers without a token",
    why: "Anybody on the Internet can use it.",
  },
  "mcp-fails": {
    level: "error",
    means: "A call without a token, or with a bad one, gets neither 401 nor a challenge",
    why: "Clients begin to sign in only when they are challenged.",
  },
  "challenge-missing": {
    level: "error",
    means: "The 401 has no Bearer challenge",
    why: "Clients do not learn that they have to sign in.",
  },
  "challenge-without-metadata": {
    level: "error",
    means: "The challenge has no `resource_metadata`",
    why: "Clients do not learn where (RFC 9728 §5.1), and fall back to guessing.",
  },
  "challenge-metadata-elsewhere": {
    level: "error",
    means: "`resource_metadata` is not the URL of this server's metadata",
    why: "Clients read another document and refuse its `resource`.",
  },
  "challenge-of-entra": {
    level: "error",
    means: "The challenge sends clients to Entra",
    why: "The backend's own 401 came through: clients would sign in past the gateway, and fail.",
  },
  "challenge-error-without-token": {
    level: "error",
    means: "The challenge has an `error` although no token was sent",
    why: "Clients take it that their token was bad, drop it, and may loop (RFC 6750 §3).",
  },
  "challenge-scope": {
    level: "warning",
    means: "The challenge's scopes are missing, or not those of the metadata",
    why: "Clients ask for these; asking for others fails or has to be done twice.",
  },
  "bad-token-accepted": {
    level: "error",
    means: "A made-up token is not refused with invalid_token",
    why: "Either tokens are not checked, or clients with an expired one are not told to renew it.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** A call that any revision of MCP allows first. */
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "entra-mcp-gateway doctor", version: "1" },
  },
};

export interface Challenge {
  /** Space-separated, to ask for at /authorize. */
  readonly scope: string | undefined;
  readonly answer: Answer;
}

/** The MCP server's challenge to a call without a token (RFC 6750 §3, RFC 9728 §5.1). */
export const challenge: Check<Challenge> = {
  name: "challenge",
  title: "Challenge",
  needs: [protectedResourceMetadata],
  catalogue,
  async examine(given, visit) {
    const metadata = given(protectedResourceMetadata);
    const answer = await postToMcp(visit);
    const parameters = bearerParameters(answer);
    const findings = parameters
      ? challengeFindings(visit, parameters, metadata)
      : [unchallenged(visit, answer)];
    if (parameters)
      findings.push(...badTokenFindings(visit, await postToMcp(visit, "Bearer made-up-by-the-doctor")));
    return {
      findings,
      fine: `401, scope ${quote(parameters?.get("scope"))}`,
      ...(parameters ? { result: { scope: parameters.get("scope"), answer } } : {}),
    };
  },
};

/** Begins an MCP session, as a client of any revision does. */
export function postToMcp({ network, mcpUrl, origin }: Visit, authorization?: string): Promise<Answer> {
  return network.ask(mcpUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      origin,
      ...(authorization ? { authorization } : {}),
    },
    body: JSON.stringify(INITIALIZE),
  });
}

/** @returns the parameters of the answer's Bearer challenge, by lower-case name; undefined when there is none */
function bearerParameters({ status, headers }: Answer): ReadonlyMap<string, string> | undefined {
  const text = headers.get("www-authenticate");
  const rest = /(?:^|,\s*)Bearer\b(.*)$/i.exec(text ?? "")?.[1];
  if (status !== 401 || rest === undefined) return undefined;
  const pairs = rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  return new Map(
    [...pairs].map(([, name = "", quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? ""]),
  );
}

function unchallenged(visit: Visit, { status, headers }: Answer): Finding {
  const correlationId = headers.get("x-correlation-id");
  if (status >= 200 && status < 300) {
    const what = `${visit.mcpUrl} answers ${status} to a call without a token.`;
    return find("mcp-open", { what, mend: [`Its API lacks policies/mcp/api.xml:`, provision(visit)] });
  }
  if (status === 401) {
    const what = `WWW-Authenticate is ${quote(headers.get("www-authenticate") ?? "missing")}.`;
    return find("challenge-missing", { what, mend: [provision(visit)] });
  }
  const to = headers.get("location");
  return find("mcp-fails", {
    what: `${visit.mcpUrl} answers ${status}${to ? ` (to ${bare(to)})` : ""} to a call without a token.`,
    mend:
      status === 404
        ? ["azd env get-values", provision(visit)]
        : [...readLog(visit, correlationId), provision(visit)],
  });
}

function challengeFindings(
  visit: Visit,
  parameters: ReadonlyMap<string, string>,
  metadata: ResourceMetadata,
): Finding[] {
  const mend = ["policies/fragments/mcp-challenge.xml writes the challenge:", provision(visit)];
  const findings: Finding[] = [];
  const note = (code: keyof typeof catalogue, what: string) => findings.push(find(code, { what, mend }));

  const authority = parameters.get("authorization_uri") ?? parameters.get("authorization");
  if (authority && isEntra(authority)) note("challenge-of-entra", `The challenge names ${quote(authority)}.`);
  const url = parameters.get("resource_metadata");
  if (!url) note("challenge-without-metadata", "resource_metadata is missing.");
  else if (url !== metadata.url) {
    note("challenge-metadata-elsewhere", `resource_metadata is ${quote(url)}, not ${quote(metadata.url)}.`);
  }
  const error = parameters.get("error");
  if (error) note("challenge-error-without-token", `The challenge has error=${quote(error)}.`);
  const scopes = parameters.get("scope")?.split(" ").filter(Boolean) ?? [];
  if (scopes.length === 0 || scopes.some((scope) => !metadata.scopes.includes(scope))) {
    note(
      "challenge-scope",
      `The challenge's scope is ${quote(scopes.join(" "))}, the metadata has ${quote(metadata.scopes.join(" "))}.`,
    );
  }
  return findings;
}

function badTokenFindings(visit: Visit, answer: Answer): Finding[] {
  if (bearerParameters(answer)?.get("error") === "invalid_token") return [];
  const what = `A made-up token gets ${answer.status} with ${quote(answer.headers.get("www-authenticate") ?? "no challenge")}.`;
  return [
    find("bad-token-accepted", {
      what,
      mend: [
        "validate-jwt in policies/mcp/api.xml reads the app's OpenID configuration; it has to reach the Functions app:",
        ...readLog(visit, answer.headers.get("x-correlation-id")),
        provision(visit),
      ],
    }),
  ];
}
