import { decodeJwt } from "jose";
import { beforeEach, expect, it } from "vitest";
import { useStarted } from "../../functions/testing/started.ts";
import { type DemoTenant, demoTenant } from "../../twin/entra/demo-tenant.ts";
import { tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const { nightlyReport, consoleClient } = demoTenant("http://localhost");

const backend = useRecordingBackend();
const entra = useStarted<FaultProxy>("the proxy", startFaultProxy, (proxy) => proxy.stop());
const twin = useOwnTwin(
  () => ({
    servers: [
      {
        ...notesServer(backend),
        entraTokens: {
          clients: [nightlyReport.clientId, consoleClient.clientId],
          users: { "Mcp.Access": ["notes.list", "notes.read"] },
          workloads: { "Mcp.Workload": ["notes.list", "notes.read"] },
        },
      },
    ],
  }),
  { faultProxies: { entra }, tenant: withFirstVersion },
);

/** A registration has version 1.0 of tokens until its manifest says otherwise. */
function withFirstVersion(origin: string): DemoTenant {
  const demo = demoTenant(origin);
  const graphMcp = { ...demo.graphMcp, requestedAccessTokenVersion: 1 as const };
  const applications = demo.applications.map((each) =>
    each.clientId === graphMcp.clientId ? graphMcp : each,
  );
  return { ...demo, graphMcp, applications };
}

const call = (token: string) =>
  new OAuthClient(twin.origin, "no client of ours").callTool(twin.mcpUrl, token, "anything");

beforeEach(() => backend.reset());

it("GW-8 GW-16 a gateway that cannot fetch Entra's keys says so, and does not call a good token invalid", async () => {
  const token = await workloadToken(twin);
  const outage = entra.begin({ kind: "answers", status: 500 }, ({ path }) => path.includes("/discovery/"));
  const { status, headers, json } = await call(token);
  expect(outage.met).toBe(1);
  expect(status).toBe(503);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(headers.has("www-authenticate")).toBe(false);
  expect(json).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32002 } });
  expect(backend.requests).toEqual([]);
  outage.end();
  await expect.poll(async () => (await call(token)).status, { timeout: 10_000, interval: 500 }).toBe(200);
});

it("GW-16 takes tokens of version 1.0 as Entra issues them, and goes on when Entra is down", async () => {
  const tokens = [await workloadToken(twin), (await tokensOfPerson(twin, "Mira Okafor")).accessToken];
  for (const token of tokens) {
    expect(decodeJwt(token)).toMatchObject({ ver: "1.0", aud: `api://${twin.tenant.graphMcp.clientId}` });
    expect((await call(token)).status).toBe(200);
  }
  const outage = entra.begin({ kind: "hangs-up" }, () => true);
  for (const token of tokens) expect((await call(token)).status).toBe(200);
  expect(outage.met).toBe(0);
  outage.end();
  const clients = backend.requests.map(({ headers }) => headers["x-gateway-client"]);
  expect(clients).toEqual([1, 2].flatMap(() => [nightlyReport.clientId, consoleClient.clientId]));
});
