import { beforeAll, expect, it } from "vitest";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const twin = useOwnTwin();
let client: OAuthClient;
let tokens: Tokens;

// A gateway that has seen no access token yet has not fetched the keys either, as one that was just started.
beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), "Mira Okafor");
  await twin.authorizationServer.stop();
});

it("GW-8 GW-1 a gateway that cannot fetch the keys says so, and does not call a good token invalid", async () => {
  const { status, headers, json } = await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami");
  expect(status).toBe(503);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(headers.has("www-authenticate")).toBe(false);
  expect(json).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32002 } });
});

it("DIS-3 it still challenges who has no token", async () => {
  const { status, headers } = await send(twin.mcpUrl, { method: "POST" });
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toMatch(/^Bearer resource_metadata="/);
});
