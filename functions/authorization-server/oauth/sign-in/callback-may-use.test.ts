import { beforeEach, describe, expect, it } from "vitest";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, sessionsStored, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";
import { TestUpstream } from "../../testing/upstream.ts";
import { TenantRefusedError } from "../../upstream/errors.ts";

// Who comes back from Entra and may use the server, and who may not.

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("GET /callback", () => {
  it("tells a user without a role so, with a way back to the client, and stores nothing", async () => {
    const browser = new Browser(app);
    const state = await browser.approve();
    const before = await sessionsStored(sessions);
    sessions.upstream.rolesAt = () => ["Other.Role"];
    const { status, text, headers } = await browser.comeBack({ code: "entra-code", state });
    expect(status).toBe(403);
    expect(text).toContain("“Mcp.User” or “Mcp.Admin”");
    expect(text).toContain("error=access_denied&amp;");
    expect(headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect(await sessionsStored(sessions)).toBe(before);
  });

  it("lets every user use a server that asks for no role", async () => {
    sessions.upstream.rolesAt = () => [];
    const browser = new Browser(app);
    const state = await browser.approve({ resource: `${ISSUER}/notes/mcp` });
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.has("code")).toBe(true);
  });

  it("lets a member of a group use the server, tells anybody else which to ask for, and why it cannot tell", async () => {
    const group = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";
    const all = app.dependencies;
    const asking = (groups: string[]) =>
      all.gateway.servers.map((server) => ({
        ...server,
        groups,
        accessTitles: { [group]: "Field <staff>", "Mcp.User": "MCP users" },
      }));
    app.dependencies = { ...all, gateway: { ...all.gateway, servers: asking([group]) } };
    sessions.upstream.rolesAt = () => [];
    sessions.upstream.groupsAt = () => [group];
    const member = new Browser(app);
    const { location } = await member.comeBack({ code: "entra-code", state: await member.approve() });
    expect(location?.searchParams.has("code")).toBe(true);

    sessions.upstream.groupsAt = () => ["another"];
    const stranger = new Browser(app);
    const refused = await stranger.comeBack({ code: "entra-code", state: await stranger.approve() });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("none of the roles and groups");
    expect(refused.text).toContain(
      "assign you “MCP users” or “Mcp.Admin”, or to add you to “Field &lt;staff&gt;”, in Microsoft",
    );

    sessions.upstream.groupsAt = () => "overage";
    const busy = new Browser(app);
    const before = await sessionsStored(sessions);
    const unknown = await busy.comeBack({ code: "entra-code", state: await busy.approve() });
    expect(unknown.status).toBe(403);
    expect(unknown.text).toContain("in so many groups");
    expect(unknown.text).toContain("or to use app roles");
    expect(unknown.text).toContain("error=access_denied&amp;");
    expect(busy.lines).toContainEqual(
      expect.objectContaining({
        event: "refused",
        fields: expect.objectContaining({ reason: "groups_overage" }),
      }),
    );
    expect(await sessionsStored(sessions)).toBe(before);
    app.dependencies = all;
  });

  it("CAL-2 tells a person of a tenant that is not on the list so, with a way back to the client, and stores nothing", async () => {
    const browser = new Browser(app);
    const state = await browser.approve();
    const before = await sessionsStored(sessions);
    const tenant = "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23";
    sessions.upstream.finishSignIn = () => Promise.reject(new TenantRefusedError(tenant));
    const { status, text, headers } = await browser.comeBack({ code: "entra-code", state });
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect(status).toBe(403);
    expect(text).toContain("Your organization has no access");
    expect(text).toContain("error=access_denied&amp;");
    expect(text).not.toContain(tenant);
    expect(headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect(browser.lines).toContainEqual(
      expect.objectContaining({
        event: "refused",
        fields: expect.objectContaining({ reason: "tenant_not_allowed", tenant }),
      }),
    );
    expect(await sessionsStored(sessions)).toBe(before);
    expect((await browser.comeBack({ code: "entra-code", state })).status).toBe(400);
  });
});
