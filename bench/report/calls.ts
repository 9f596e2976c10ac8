import type { GatewayCalls } from "../measure/gateway-calls.ts";
import { number, table } from "./table.ts";

/** @returns what calls through the gateway take, as a table */
export function callsTable(calls: GatewayCalls): string {
  return table(["Calls through the gateway", "CPU ms"], callRows(calls));
}

/** Each kind of call with its time. */
export function callRows({ cpu, toolCall }: GatewayCalls): string[][] {
  return [
    ["MCP call through the gateway on a cache hit, CPU ms", number(cpu, 3)],
    ["tool call at a server with neither trace nor access rules, CPU ms", number(toolCall.withoutRules, 3)],
    ["tool call at a server with a trace of tool calls, CPU ms", number(toolCall.withTrace, 3)],
    ["tool call at a server with 50 access rules, CPU ms", number(toolCall.withRules, 3)],
  ];
}
