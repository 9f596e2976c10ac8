import { type Check, findingsOf } from "../check.ts";
import { deploy, mendGateway, readLog } from "../commands.ts";
import type { Catalogue } from "../finding.ts";
import { connection } from "./connection.ts";

const catalogue = {
  "health-fails": {
    level: "error",
    means: "/health does not answer 200",
    why: "Nothing works. A wrong setting stops the app before it starts, and its log names the setting; or the gateway does not reach it.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The authorization server lives. */
export const health: Check = {
  name: "health",
  title: "Authorization server",
  needs: [connection],
  catalogue,
  async examine(_, visit) {
    const { status, headers } = await visit.network.ask(`${visit.origin}/health`);
    if (status === 200) return { findings: [], fine: "/health answers 200" };
    const mend = [...readLog(visit, headers.get("x-correlation-id")), ...mendGateway(), deploy(visit)];
    return { findings: [find("health-fails", { what: `/health answers ${status}.`, mend })] };
  },
};
