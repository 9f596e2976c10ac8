import { type Check, findingsOf } from "../check.ts";
import { provision, readLog } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { bare } from "../quote.ts";
import { connection } from "./connection.ts";

/** Where clients look although nothing has to be there. */
const PATHS = [
  "/.well-known/oauth-protected-resource/entra-mcp-gateway-doctor",
  "/.well-known/oauth-authorization-server/entra-mcp-gateway-doctor",
  "/.well-known/entra-mcp-gateway-doctor",
];

const catalogue = {
  "unknown-path-fails": {
    level: "error",
    means: "A well-known URL that is not served answers with a server error",
    why: "Clients try several such URLs in turn; many stop at a server error, though a later URL would do.",
  },
  "unknown-path-redirected": {
    level: "error",
    means: "A well-known URL that is not served redirects",
    why: "Clients end up at another page, and take it for metadata or give up.",
  },
  "unknown-path-answers": {
    level: "warning",
    means: "A well-known URL that is not served answers 200",
    why: "Clients take whatever is there for metadata.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** Well-known URLs that are not served say so with 404. */
export const otherDocuments: Check = {
  name: "other-documents",
  title: "Well-known URLs not served",
  needs: [connection],
  catalogue,
  async examine(_, visit) {
    const findings: Finding[] = [];
    for (const path of PATHS) {
      const { status, headers } = await visit.network.ask(`${visit.origin}${path}`);
      const what = `${path} answers ${status}`;
      if (status >= 500) {
        const mend = readLog(visit, headers.get("x-correlation-id"));
        findings.push(find("unknown-path-fails", { what: `${what}.`, mend }));
      } else if (status >= 300 && status < 400) {
        const to = bare(headers.get("location") ?? "nowhere");
        findings.push(
          find("unknown-path-redirected", { what: `${what}, to ${to}.`, mend: [provision(visit)] }),
        );
      } else if (status === 200) {
        findings.push(find("unknown-path-answers", { what: `${what}.`, mend: [provision(visit)] }));
      }
    }
    return { findings, fine: "404" };
  },
};
