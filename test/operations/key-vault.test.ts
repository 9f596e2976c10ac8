import { decodeProtectedHeader } from "jose";
import { beforeAll, expect, it } from "vitest";
import { OAuthClient, send, type Tokens, tokensOf } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

const twin = useOwnTwin({}, { keyVault: true, authorizationServerInstances: 2 });
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA);
});
function vault() {
  if (!twin.keyVault) throw new Error("the twin has no Key Vault");
  return twin.keyVault;
}

it("TOK-1 the bundle that ships signs in Key Vault, and the gateway takes the token", async () => {
  const { keys } = (await send(`${twin.origin}/jwks`)).json as { keys: { kid: string }[] };
  expect(keys.map(({ kid }) => kid)).toEqual([decodeProtectedHeader(tokens.accessToken).kid]);
  expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
});

it("SES-1 keeps data keys wrapped, one for all instances", async () => {
  const stored = (await twin.cosmos.documents()).filter(({ container }) => container === "keys");
  expect(stored.map(({ document }) => (document["keys"] as unknown[]).length)).toEqual([1]);
});

it("a redemption and a refresh each cost one signature and no other call to Key Vault", async () => {
  const { request, code } = await client.authorize(new Person(twin), MIRA);
  vault().resetRequests();
  const redeemed = tokensOf(await client.redeem(request, code));
  expect((await client.refresh(redeemed.refreshToken)).status).toBe(200);
  const { "get 200": gets = 0, ...rest } = vault().requests();
  // An instance that signs for the first time fetches the key once.
  expect(gets).toBeLessThanOrEqual(2);
  expect(rest).toEqual({ "sign 200": 2 });
});

it("SES-4 says that it is not ready while Key Vault is down", async () => {
  vault().fault({ kind: "throttles", retryAfter: 3600 });
  const ready = await send(`${twin.origin}/health/ready`);
  expect([ready.status, ready.json["parts"]]).toEqual([503, { keys: "out", store: "ok" }]);
  expect((await send(`${twin.origin}/health/live`)).status).toBe(200);
  expect((await client.refresh(tokens.refreshToken)).status).toBe(503);
  vault().fault(undefined);
});

it("logs why, and no token of anybody's", async () => {
  const lines = (await twin.allLogs()).map(({ message }) => message).join("\n");
  expect(lines).toContain("keys: unavailable 429 Throttled");
  expect(lines).not.toMatch(/eyJ[\w-]+\.|Bearer [\w-]{20}/);
});
