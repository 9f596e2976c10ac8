import { findingsOf } from "./check.ts";
import { deploy, mendGateway, provision, readLog } from "./commands.ts";
import type { Catalogue, Finding } from "./finding.ts";
import type { Answer } from "./network.ts";
import { bare, quote } from "./quote.ts";
import { isLoopback, type Visit } from "./visit.ts";

/** Codes that every published document's check has. */
export const documentCatalogue = {
  "document-missing": {
    level: "error",
    means: "The document is not where clients look for it",
    why: "Clients find everything else through this document; without it they guess, or give up.",
  },
  "document-fails": {
    level: "error",
    means: "The document's address answers with a server error",
    why: "Several clients stop at a server error instead of looking further.",
  },
  "document-redirected": {
    level: "error",
    means: "The document's address redirects",
    why: "Clients do not follow redirects of metadata to another host, for they could lead to an attacker's.",
  },
  "document-unreadable": {
    level: "error",
    means: "What is there is not a JSON object",
    why: "Clients cannot read it.",
  },
  "localhost-in-document": {
    level: "error",
    means: "A deployed document names this machine (localhost)",
    why: "Every client would look for the gateway on its own machine.",
  },
  "http-in-document": {
    level: "error",
    means: "A document that came over https names a plain http address",
    why: "Clients refuse it, or send codes and tokens where others can read them.",
  },
  "foreign-address": {
    level: "error",
    means: "A document names an address at another host than the gateway's own",
    why: "Codes and tokens would go to another host, past the gateway; clients that compare hosts refuse it.",
  },
} satisfies Catalogue;

const find = findingsOf(documentCatalogue);

export interface Document {
  readonly url: string;
  readonly answer: Answer;
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * Reads a public document.
 *
 * @returns the document, or the finding that says why there is none
 */
export async function readDocument(
  visit: Visit,
  url: string,
): Promise<{ readonly document: Document } | { readonly finding: Finding }> {
  const answer = await visit.network.ask(url, { headers: { accept: "application/json" } });
  const { status, headers } = answer;
  const correlationId = headers.get("x-correlation-id");
  if (status >= 500) {
    return {
      finding: find("document-fails", {
        what: `${url} answers ${status}.`,
        mend: [...readLog(visit, correlationId), ...mendGateway(), deploy(visit)],
      }),
    };
  }
  if (status >= 300 && status < 400) {
    return {
      finding: find("document-redirected", {
        what: `${url} redirects (${status}) to ${bare(headers.get("location") ?? "nowhere")}.`,
        mend: [
          "Let whatever stands before API Management (Front Door, a proxy) pass /.well-known/* through unchanged.",
        ],
      }),
    };
  }
  if (status !== 200) {
    return {
      finding: find("document-missing", {
        what: `${url} answers ${status}.`,
        mend: ["Compare the MCP URL with the one that `azd env get-values` prints.", provision(visit)],
      }),
    };
  }
  const members = parseObject(answer.body);
  if (!members) {
    return {
      finding: find("document-unreadable", {
        what: `${url} answers with ${quote(headers.get("content-type") ?? "no content type")} that is not a JSON object.`,
        mend: [
          "See whether a sign-in page, a firewall's page or another site answers at this address.",
          provision(visit),
        ],
      }),
    };
  }
  return { document: { url, answer, members } };
}

/** @returns the object that JSON text holds; undefined when it holds none */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks for addresses in a document that cannot be the gateway's own; one finding for each kind.
 *
 * @param names members that hold our own addresses, or lists of them
 */
export function strayAddresses(
  visit: Visit,
  { url, members }: Document,
  names: readonly string[],
): Finding[] {
  const strays = new Map<StrayCode, { names: Set<string>; address: string }>();
  for (const name of names) {
    for (const address of [members[name]].flat()) {
      const code = strayCode(visit, address);
      if (!code) continue;
      const seen = strays.get(code) ?? { names: new Set<string>(), address: String(address) };
      strays.set(code, { ...seen, names: seen.names.add(name) });
    }
  }
  return [...strays].map(([code, { names, address }]) =>
    find(code, {
      what: `${new URL(url).pathname}: ${[...names].join(", ")} ${names.size === 1 ? "is" : "are at addresses such as"} ${quote(address)}.`,
      mend: [
        code === "foreign-address"
          ? `Use the gateway at ${URL.parse(address)?.origin}, or deploy it with ${visit.origin} as its origin:`
          : `The apps' settings were made for another place; they have to name ${visit.origin}:`,
        provision(visit),
        deploy(visit),
      ],
    }),
  );
}

type StrayCode = "localhost-in-document" | "http-in-document" | "foreign-address";

function strayCode(visit: Visit, value: unknown): StrayCode | undefined {
  const address = typeof value === "string" ? URL.parse(value) : null;
  if (!address || address.origin === visit.origin) return undefined;
  if (!visit.local && isLoopback(address.hostname)) return "localhost-in-document";
  if (visit.origin.startsWith("https:") && address.protocol === "http:") return "http-in-document";
  return "foreign-address";
}
