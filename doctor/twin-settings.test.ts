import { describe, expect, it } from "vitest";
import type { DemoTenant } from "../twin/entra/demo-tenant.ts";
import { startBreakableGateway } from "./testing/breakable-gateway.ts";
import { visitTo, wrongWith } from "./testing/examination.ts";

describe("the doctor at a twin whose settings have", () => {
  it.each<[string, (tenant: DemoTenant) => Partial<DemoTenant>, string[]]>([
    [
      "the gateway identity's client ID in place of its principal ID",
      ({ identity }) => ({
        identity: { ...identity, gateway: { ...identity.gateway, principalId: identity.gateway.clientId } },
      }),
      ["registration: gateway-identity-refused"],
    ],
    [
      "the gateway identity's principal ID in place of its client ID",
      ({ identity }) => ({
        identity: { ...identity, gateway: { ...identity.gateway, clientId: identity.gateway.principalId } },
      }),
      [
        "health: health-fails",
        "protected-resource-metadata: document-fails",
        "authorization-server-metadata: document-fails",
      ],
    ],
    [
      "the app identity's principal ID in place of its client ID",
      ({ identity: { authorizationServer: app, ...others } }) => ({
        identity: { ...others, authorizationServer: { ...app, clientId: app.principalId } },
      }),
      ["gateway-credential: identity-unavailable"],
    ],
  ])("%s finds it", async (_, settings, finds) => {
    const broken = await startBreakableGateway(settings);
    try {
      expect(await wrongWith(visitTo(broken.twin.mcpUrl))).toEqual(finds);
    } finally {
      await broken.stop();
    }
  });
});
