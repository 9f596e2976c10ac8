import * as z from "zod";
import type { AccessRules } from "./access-rules.ts";

/** MCP's characters for the name of a tool, and its length. */
const TOOL_NAME = /^[A-Za-z0-9_./-]{1,128}$/;

/**
 * Whether each `tools/call` becomes an audit event and a value of a metric: who, with which client, which tool, what came of it, and how
 * long it took; never arguments or results. The default is on where `tools` is set, because the gateway then reads the requests
 * anyway, and off elsewhere. `{ tools: […] }` switches it on, and gives these tools their own values in the metric. The tools that a
 * rule names without `*` have their own values, too. All others share one value, so that no caller can add to them.
 */
export const traceToolCalls = z
  .union([
    z.boolean(),
    z.strictObject({
      tools: z
        .array(z.string().regex(TOOL_NAME, "is not 1 to 128 letters, digits, _, -, . and /"))
        .min(1)
        .max(100),
    }),
  ])
  .optional();

/** The fields of a server that say whether its tool calls leave a trace. */
interface Traced {
  readonly traceToolCalls?: z.output<typeof traceToolCalls>;
  readonly tools?: AccessRules | undefined;
}

/** @returns the tools that the metric tells apart, undefined where tool calls leave no trace */
export function tracedTools({ traceToolCalls: setting, tools }: Traced): readonly string[] | undefined {
  const ruled = (tools?.rules ?? []).map(({ name }) => name).filter((name) => TOOL_NAME.test(name));
  if (!(setting ?? tools !== undefined)) return undefined;
  return [...new Set([...(typeof setting === "object" ? setting.tools : []), ...ruled])];
}
