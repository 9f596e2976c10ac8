import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type LocalGateway, startGateway } from "apim-local-gateway";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import { resolveGateway } from "../../config/resolve.ts";
import shippedConfig from "../../gateway.config.ts";
import { describeGateway } from "../../infra/apis/describe.ts";

/** Of one company, behind one address, all with the same client. */
const COLLEAGUES = 200;
const LANES = 8;
/** Of a client with a metadata document, or one that the operator entered: the same for everybody. */
const CLIENT = "https://client.example/metadata.json";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let behind: Server;
let gateway: LocalGateway;
const agent = new Agent({ keepAlive: true, maxSockets: LANES });

/** The policies that ship, with the limits as delivered, before an authorization server that answers everything. */
beforeAll(async () => {
  behind = createServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(200, { "content-type": "text/html", "x-correlation-id": "correlation" });
    outgoing.end(JSON.stringify({ access_token: "identity", expires_on: "4102444800" }));
  }).listen(0, "127.0.0.1");
  await once(behind, "listening");
  const url = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`;
  const { rateLimits: delivered } = parseGatewayConfig({ ...shippedConfig, rateLimits: {} }, "test");
  // The test may take longer than their minute, all of which counts here.
  const rateLimits = Object.fromEntries(
    Object.entries(delivered).map(([name, { calls }]) => [name, { calls, period: 300 }]),
  );
  const config = parseGatewayConfig({ ...shippedConfig, rateLimits }, "test");
  const resolved = resolveGateway(config, {
    origin: "http://localhost:8080",
    apps: { "graph-mcp": { mcpUrl: `${url}/mcp`, applicationId: "0f" } },
  });
  gateway = await startGateway({
    description: describeGateway(
      resolved,
      config,
      { url, audience: "api://1e", gatewayIdentityClientId: "2d" },
      { authorityHost: url, issuerV1Host: url, tenantId: "3c" },
    ),
    policiesFolder: resolve(import.meta.dirname, "../../policies"),
    port: 0,
    identity: { endpoint: `${url}/identity`, header: "secret" },
    log: () => undefined,
  });
});
afterAll(async () => {
  agent.destroy();
  await gateway?.stop();
  behind?.close();
});

function send(method: string, path: string, body?: string, headers = {}): Promise<number> {
  return new Promise((settle, reject) => {
    const outgoing = request(`${gateway.url.replace("localhost", "127.0.0.1")}${path}`, {
      method,
      agent,
      headers: { ...(body === undefined ? {} : FORM), ...headers },
    });
    outgoing.once("error", reject).once("response", (response) => {
      response.resume().once("end", () => settle(response.statusCode ?? 0));
    });
    outgoing.end(body);
  });
}

/** What one person's programs and browser send in the busiest minute. */
async function busyMinute(): Promise<number[]> {
  const named = `client_id=${encodeURIComponent(CLIENT)}`;
  const token = (grant: string) => send("POST", "/token", `grant_type=${grant}&${named}`);
  const statuses: number[] = [];
  // Some programs sign in once for looking and once for good, or register each time.
  for (let signIn = 0; signIn < 2; signIn++) {
    for (const document of [
      "oauth-protected-resource",
      "oauth-protected-resource/mcp",
      "oauth-authorization-server",
    ]) {
      statuses.push(await send("GET", `/.well-known/${document}`));
    }
    statuses.push(await send("POST", "/register", "{}", { "content-type": "application/json" }));
    statuses.push(await send("GET", `/authorize?${named}`));
    statuses.push(await send("POST", "/consent", "decision=allow"));
    // Entra's answer arrives in two steps.
    for (const step of ["code=1.x", "state=x"]) statuses.push(await send("GET", `/callback?${step}`));
    statuses.push(await token("authorization_code"));
  }
  // One for each server, and one whose answer was lost.
  for (let refresh = 0; refresh < 3; refresh++) statuses.push(await token("refresh_token"));
  statuses.push(await send("POST", "/revoke", `token=x&${named}`));
  statuses.push(await send("GET", "/account"));
  return statuses;
}

it("GW-7 turns away none of 200 colleagues at one address with one client, under the limits as delivered", async () => {
  let next = 0;
  const seen = new Map<number, number>();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      while (next++ < COLLEAGUES) {
        for (const status of await busyMinute()) seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    }),
  );
  expect(Object.fromEntries(seen)).toEqual({ 200: COLLEAGUES * 23 });
});
