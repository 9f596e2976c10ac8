import type { Deployed } from "../deployed.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { median } from "../statistics.ts";

const ROUNDS = 5;
const PARALLEL = 8;

export interface GatewayCalls {
  /** CPU milliseconds of the gateway's process for one MCP call whose Entra token is in the cache. */
  readonly cpu: number;
  readonly perSecondAndCore: number;
}

export async function measureGatewayCalls(
  { gateway }: Deployed,
  { entra, users }: StandIns,
  calls: number,
): Promise<GatewayCalls> {
  const signIn = new SignIn({ origin: gateway.origin }, entra, users[0] ?? "");
  await signIn.whole();
  const call = async () => {
    const answer = await fetch(`${gateway.origin}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${signIn.accessToken}`,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}: ${text}`);
  };
  const round = async () => {
    const before = await gateway.usage();
    const lane = async () => {
      for (let n = 0; n < calls / PARALLEL; n++) await call();
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return ((await gateway.usage()).cpu - before.cpu) / calls;
  };
  // The first fills the cache and warms up.
  await round();
  const rounds: number[] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round());
  const cpu = median(rounds);
  return { cpu, perSecondAndCore: 1000 / cpu };
}
