import type { Deployed } from "../deployed.ts";
import { RULED_TOOL, ruledServer, untracedServer } from "../ruled-server.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { median } from "../statistics.ts";

const ROUNDS = 5;
const PARALLEL = 8;

export interface GatewayCalls {
  /** CPU milliseconds of the gateway's process for one MCP call whose Entra token is in the cache. */
  readonly cpu: number;
  readonly perSecondAndCore: number;
  /** The same for a tool call: at a server with neither trace nor access rules, at one with a trace, and at one with fifty rules. */
  readonly toolCall: { readonly withoutRules: number; readonly withTrace: number; readonly withRules: number };
}

/** Measures calls through the gateway; the kinds of calls take turns, a round each. */
export async function measureGatewayCalls(
  { gateway }: Deployed,
  { entra, users }: StandIns,
  calls: number,
): Promise<GatewayCalls> {
  const { path: untracedPath } = untracedServer;
  const { path: ruledPath } = ruledServer;
  const tokens = new Map<string, string>();
  for (const mcpPath of ["/mcp", untracedPath, ruledPath]) {
    const signIn = new SignIn({ origin: gateway.origin, mcpPath }, entra, users[0] ?? "");
    await signIn.whole();
    tokens.set(mcpPath, signIn.accessToken);
  }
  const call = async (mcpPath: string, body: string) => {
    const answer = await fetch(`${gateway.origin}${mcpPath}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${tokens.get(mcpPath)}`,
      },
      body,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}: ${text}`);
  };
  const round = async (mcpPath: string, message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, ...message });
    const before = await gateway.usage();
    const lane = async () => {
      for (let n = 0; n < calls / PARALLEL; n++) await call(mcpPath, body);
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return ((await gateway.usage()).cpu - before.cpu) / calls;
  };
  const kinds = [
    () => round("/mcp", { method: "ping" }),
    () => round(untracedPath, TOOL_CALL),
    () => round("/mcp", TOOL_CALL),
    () => round(ruledPath, TOOL_CALL),
  ];
  const rounds: number[][] = [];
  // The first fills the cache and warms up.
  for (let n = 0; n <= ROUNDS; n++) {
    const times: number[] = [];
    for (const kind of kinds) times.push(await kind());
    if (n > 0) rounds.push(times);
  }
  const [cpu, withoutRules, withTrace, withRules] = kinds.map((_, kind) =>
    median(rounds.map((times) => times[kind] ?? 0)),
  );
  if (!cpu || !withoutRules || !withTrace || !withRules) throw new Error("a call took no time");
  return { cpu, perSecondAndCore: 1000 / cpu, toolCall: { withoutRules, withTrace, withRules } };
}

const TOOL_CALL = {
  method: "tools/call",
  params: {
    name: RULED_TOOL,
    arguments: { to: "mira.okafor@brightwater.example", subject: "Report", body: "x".repeat(400), copies: 2 },
    _meta: { progressToken: 7 },
  },
};
