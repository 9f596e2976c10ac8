import { type Check, findingsOf } from "../check.ts";
import { deploy, mendGateway, readLog } from "../commands.ts";
import type { Catalogue } from "../finding.ts";
import { connection } from "./connection.ts";

const catalogue = {
  "health-fails": {
    level: "error",
    means: "/health/ready does not answer 200",
    why: "Nothing works. A wrong setting stops the app before it starts, and its log names the setting; or the gateway does not reach it; or it cannot reach its keys or its store.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The parts that the authorization server reports on. */
const PARTS = ["keys", "store"] as const;

/** The authorization server lives, and has what every sign-in needs. */
export const health: Check = {
  name: "health",
  title: "Authorization server",
  needs: [connection],
  catalogue,
  async examine(_, visit) {
    const { status, headers, body } = await visit.network.ask(`${visit.origin}/health/ready`);
    if (status === 200) return { findings: [], fine: "/health/ready answers 200" };
    const mend = [...readLog(visit, headers.get("x-correlation-id")), ...mendGateway(), deploy(visit)];
    const out = PARTS.filter((part) => body.includes(`"${part}":"out"`));
    const which = out.length === 0 ? "" : ` and says what is out: ${out.join(", ")}`;
    return { findings: [find("health-fails", { what: `/health/ready answers ${status}${which}.`, mend })] };
  },
};
