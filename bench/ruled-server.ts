import type { GatewayConfigInput } from "../config/schema.ts";
import shippedConfig from "../gateway.config.ts";

const RULES = 50;
const [shipped] = shippedConfig.servers;
if (!shipped) throw new Error("gateway.config.ts names no server");

/** Called with rules; three of them match it, and need a scope and a role that the caller has. */
export const RULED_TOOL = "mail_send_report";

/** The shipped server at another path, whose tool calls leave no trace. */
export const untracedServer = {
  ...shipped,
  name: "untraced",
  title: "Without a trace",
  path: "/untraced/mcp",
  traceToolCalls: false,
} satisfies GatewayConfigInput["servers"][number];

/** The same with access rules of every form. */
export const ruledServer = {
  ...untracedServer,
  name: "ruled",
  title: "With rules",
  path: "/ruled/mcp",
  tools: {
    rules: [
      { name: "mail_*", roles: ["Mcp.User"] },
      { name: "*_report", rate: { calls: 1_000_000, period: 60 } },
      { name: RULED_TOOL, groups: [], roles: ["Mcp.User"] },
      ...Array.from({ length: RULES - 3 }, (_, index) => ruleOfAnotherTool(index)),
    ],
  },
} satisfies GatewayConfigInput["servers"][number];

function ruleOfAnotherTool(index: number) {
  const forms = [`delete_record_${index}`, `admin${index}_*`, `files_${index}_*_all`];
  return { name: forms[index % forms.length] ?? "", scopes: ["mcp.diagnostics"] };
}
