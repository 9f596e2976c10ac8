import { beforeAll, beforeEach, expect, it } from "vitest";
import { OAuthClient, send, tokensOf } from "../support/oauth-client.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

const twin = useTwin();
let client: OAuthClient;

beforeAll(async () => {
  // The store's own client asks for the account's and the containers' metadata once.
  client = await OAuthClient.register(twin.origin);
  const { refreshToken } = await client.signIn(new Person(twin), MIRA);
  await client.revoke(refreshToken);
});

beforeEach(() => twin.cosmos.resetOperations());

it("registers with one write", async () => {
  await OAuthClient.register(twin.origin);
  expect(twin.cosmos.operations()).toEqual({ "clients create": 1 });
});

it("CLI-14 signs in for the first time of all with a registration by one read and one write more, and not the second time", async () => {
  const fresh = await OAuthClient.register(twin.origin);
  for (const more of [{ "clients read": 1, "clients replace": 1 }, {}]) {
    const person = new Person(twin);
    const entra = await person.askEntra(fresh.authorizationRequest().url);
    twin.cosmos.resetOperations();
    fresh.code(arrivedAtClient(await person.press(entra, MIRA)));
    expect(twin.cosmos.operations()).toEqual({ "sessions create": 1, ...more });
  }
});

it("signs in with one point read, and one write after the person has approved", async () => {
  const person = new Person(twin);
  const request = client.authorizationRequest();
  const consent = await person.openPage(request.url);
  expect(twin.cosmos.operations()).toEqual({ "clients read": 1 });
  twin.cosmos.resetOperations();

  const entra = arrivedAtPage(await person.press(consent, "Allow"));
  expect(twin.cosmos.operations()).toEqual({});

  const code = client.code(arrivedAtClient(await person.press(entra, MIRA)));
  expect(twin.cosmos.operations()).toEqual({ "sessions create": 1 });
  twin.cosmos.resetOperations();

  tokensOf(await client.redeem(request, code));
  expect(twin.cosmos.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
});

it("denies without any operation but the authorization request's read", async () => {
  await new Person(twin).deny(client.authorizationRequest().url);
  expect(twin.cosmos.operations()).toEqual({ "clients read": 1 });
});

it("refreshes, replays and revokes with one point read and at most one conditional write, and one read of the client", async () => {
  const first = await client.signIn(new Person(twin), MIRA);
  twin.cosmos.resetOperations();

  const second = tokensOf(await client.refresh(first.refreshToken));
  expect(twin.cosmos.operations()).toEqual({
    "clients read": 1,
    "sessions read": 1,
    "sessions replace": 1,
  });
  twin.cosmos.resetOperations();

  tokensOf(await client.refresh(first.refreshToken));
  expect(twin.cosmos.operations()).toEqual({ "clients read": 1, "sessions read": 1 });
  twin.cosmos.resetOperations();

  await client.revoke(second.refreshToken);
  expect(twin.cosmos.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
});

it("calls with one point read when the gateway's cache has no token, and with none when it has", async () => {
  const { accessToken } = await client.signIn(new Person(twin), MIRA);
  twin.cosmos.resetOperations();
  expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
  expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
  twin.cosmos.resetOperations();
  expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
  expect(twin.cosmos.operations()).toEqual({});
});

it("refuses what cannot be one of its own codes, tokens or clients without any operation", async () => {
  const request = client.authorizationRequest();
  const nobody = new OAuthClient(twin.origin, "nobody");
  await new Person(twin).open(nobody.authorizationRequest().url);
  expect((await nobody.redeem(request, "not-a-code")).status).toBe(401);
  expect((await nobody.refresh("not-a-token")).status).toBe(401);
  expect((await client.revoke("not-a-token")).status).toBe(200);
  expect((await client.callTool(twin.mcpUrl, "not-a-token", "whoami")).status).toBe(401);
  expect(twin.cosmos.operations()).toEqual({});
});

it("serves the public documents without any operation", async () => {
  for (const path of [
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/jwks",
    "/health/live",
  ]) {
    expect((await send(`${twin.origin}${path}`)).status).toBe(200);
  }
  expect(twin.cosmos.operations()).toEqual({});
});
