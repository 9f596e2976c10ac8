import { describe, expect, it } from "vitest";
import { demoTenant } from "./demo-tenant.ts";
import { startEntra } from "./start.ts";

const log = () => undefined;

describe("startEntra", () => {
  it("says so when its port is in use, and frees it when it stops", async () => {
    const tenant = demoTenant("http://localhost");
    const first = await startEntra({ ...tenant, log });
    const port = Number(new URL(first.url).port);
    await expect(startEntra({ ...tenant, port, log })).rejects.toThrow(`port ${port} is in use`);
    await first.stop();
    const second = await startEntra({ ...tenant, port, log });
    await second.stop();
  });

  it("does not end idle connections after a few seconds", async () => {
    const entra = await startEntra({ ...demoTenant("http://localhost"), log });
    const response = await fetch(`${entra.url}/common/discovery/v2.0/keys`);
    await response.text();
    expect(response.headers.get("keep-alive")).toBeNull();
    await entra.stop();
  });

  it("refuses a tenant that has an identifier twice", async () => {
    const tenant = demoTenant("http://localhost");
    const applications = [...tenant.applications, tenant.signIn];
    await expect(startEntra({ ...tenant, applications, log })).rejects.toThrow(
      `the tenant has "${tenant.signIn.clientId}" twice`,
    );
  });

  it("keeps no secrets unless told to", async () => {
    const entra = await startEntra({ ...demoTenant("http://localhost"), log });
    expect(() => entra.issued()).toThrow("record: true");
    await entra.stop();
  });

  it("has GUIDs throughout the demo tenant, two users with the role and one without", () => {
    const tenant = demoTenant("http://localhost:8080");
    const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const ids = [
      tenant.tenantId,
      ...tenant.applications.map((each) => each.clientId),
      ...tenant.identities.flatMap((each) => [each.clientId, each.principalId]),
      ...tenant.users.map((each) => each.oid),
    ];
    for (const id of ids) expect(id).toMatch(guid);
    expect(new Set(ids).size).toBe(ids.length);
    expect(tenant.signIn.redirectUris).toEqual(["http://localhost:8080/callback"]);
    const roles = tenant.users.map((each) => each.appRoles[tenant.graphMcp.clientId]?.join() ?? "");
    expect(roles.sort()).toEqual(["", "Mcp.User", "Mcp.User"]);
  });
});
