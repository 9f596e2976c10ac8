import { buildApps } from "../functions/build.ts";
import { startDeployed } from "./deployed.ts";
import { measureGatewayCalls } from "./measure/gateway-calls.ts";
import { startStandIns } from "./stand-ins.ts";
const bundle = (await buildApps({ onlyWhatChanged: true }))["authorization-server"] ?? "";
const s = await startStandIns(8);
const d = await startDeployed(s, bundle);
try { const c = await measureGatewayCalls(d, s, Number(process.argv[2] ?? 800)); console.log(c, c.toolCall.withRules / c.toolCall.withoutRules); } finally { await d.stop(); await s.stop(); }
process.exit(0);
