import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "../config/load.ts";
import { resolveGateway } from "../config/resolve.ts";
import type { GatewayConfigInput } from "../config/schema.ts";
import exampleConfig from "../examples/servers-without-entra.config.ts";
import shippedConfig from "../gateway.config.ts";
import { demoTenant } from "./entra/demo-tenant.ts";
import { welcome } from "./welcome.ts";

const ORIGIN = "http://localhost:8080";

function welcomeTo(config: GatewayConfigInput): string {
  const tenant = demoTenant(ORIGIN);
  const apps = { "graph-mcp": { mcpUrl: "http://127.0.0.1:1/mcp", applicationId: tenant.graphMcp.clientId } };
  const resolved = resolveGateway(parseGatewayConfig(config, "test"), { origin: ORIGIN, apps });
  return welcome({ resolved, tenant, entra: { url: "http://127.0.0.1:2" } as never });
}

describe("what npm start prints", () => {
  it("GW-15 has what a server verifies an assertion with, for each that gets one", () => {
    const text = welcomeTo(exampleConfig);
    expect(text).toContain(`issuer    ${ORIGIN}\n`);
    expect(text).toContain(`JWKS URL  ${ORIGIN}/jwks\n`);
    expect(text).toContain("files     audience  https://files.example/mcp\n");
    expect(text).toContain("tickets   audience  https://tickets.example/mcp\n");
    expect(text).not.toContain("clock ");
  });

  it("says nothing of assertions where no server gets one", () => {
    expect(welcomeTo(shippedConfig)).not.toContain("JWKS");
  });
});
