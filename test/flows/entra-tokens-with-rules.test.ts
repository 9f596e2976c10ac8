import { beforeEach, describe, expect, it } from "vitest";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const { nightlyReport, consoleClient } = demoTenant("http://localhost");
const RATE = 3;

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({
  servers: [
    {
      ...notesServer(backend),
      entraTokens: {
        clients: [nightlyReport.clientId, consoleClient.clientId],
        users: { "Mcp.Access": ["notes.list", "notes.read"] },
        workloads: { "Mcp.Workload": ["notes.list", "notes.read", "notes.write"] },
      },
      tools: {
        rules: [
          { name: "write_*", scopes: ["notes.write"] },
          { name: "report_*", roles: ["Mcp.Workload"] },
          { name: "profile_*", roles: ["Mcp.User"] },
          { name: "slow", rate: { calls: RATE, period: 300 } },
        ],
      },
    },
  ],
}));

const call = async (token: string, tool: string) => {
  const client = new OAuthClient(twin.origin, "no client of ours");
  const { status, headers } = await client.callTool(twin.mcpUrl, token, tool);
  return [status, headers.get("www-authenticate") ?? ""] as const;
};

beforeEach(() => backend.reset());

describe("GW-16 GW-12 access rules for callers with Entra tokens", () => {
  it("ask a person's token for the scopes and roles that it has", async () => {
    const { accessToken } = await tokensOfPerson(twin, "Mira Okafor");
    expect(await call(accessToken, "profile_read")).toEqual([200, ""]);
    expect(await call(accessToken, "report_all")).toEqual([403, ""]);
    const [status, challenge] = await call(accessToken, "write_note");
    expect(status).toBe(403);
    expect(challenge).toContain('scope="notes.list notes.read notes.write"');
    expect(backend.requests).toHaveLength(1);
  });

  it("ask an application's token for its own roles", async () => {
    const token = await workloadToken(twin);
    expect(await call(token, "report_all")).toEqual([200, ""]);
    expect(await call(token, "write_note")).toEqual([200, ""]);
    expect(await call(token, "profile_read")).toEqual([403, ""]);
  });

  it("count each caller apart", async () => {
    const token = await workloadToken(twin);
    for (let i = 0; i < RATE; i++) expect((await call(token, "slow"))[0]).toBe(200);
    expect((await call(await workloadToken(twin), "slow"))[0]).toBe(429);
    const { accessToken } = await tokensOfPerson(twin, "Mira Okafor");
    expect((await call(accessToken, "slow"))[0]).toBe(200);
  });
});
