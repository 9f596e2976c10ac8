/** The local gateway with the policies that ship, in its own process. */
import { type GatewayDescription, startGateway } from "apim-local-gateway";
import { report, setting } from "./report.ts";

await startGateway({
  description: JSON.parse(setting("BENCH_DESCRIPTION")) as GatewayDescription,
  policiesFolder: setting("BENCH_POLICIES"),
  port: Number(setting("PORT")),
  identity: { endpoint: setting("IDENTITY_ENDPOINT"), header: setting("IDENTITY_HEADER") },
  log: () => undefined,
});
report();
