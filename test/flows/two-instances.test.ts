import { beforeAll, expect, it } from "vitest";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** How long the answer to a refresh may be had again, in seconds. */
const REPLAY_SECONDS = 60;

const twin = useOwnTwin({}, { authorizationServerInstances: 2 });
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

it("runs in two processes", () => {
  expect(new Set(twin.authorizationServer.processIds).size).toBe(2);
});

it("TOK-4 redeems a code once, however many ask at the same time, and revokes what that one got", async () => {
  const { request, code } = await client.authorize(new Person(twin), MIRA);
  const answers = await times(20, () => client.redeem(request, code));

  const won = answers.filter(({ status }) => status === 200);
  const lost = answers.filter(({ status }) => status !== 200);
  expect(won).toHaveLength(1);
  expect(lost).toHaveLength(19);
  for (const { status, json } of lost) expect([status, json["error"]]).toEqual([400, "invalid_grant"]);

  const [winner] = won;
  if (!winner) throw new Error("nobody redeemed the code");
  const { accessToken, refreshToken } = tokensOf(winner);
  expect(await client.refresh(refreshToken)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
  expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(401);
});

it("TOK-5 gives all who refresh at the same time the same tokens, which go on working", async () => {
  const { refreshToken } = await client.signIn(new Person(twin), MIRA);
  const answers = (await times(10, () => client.refresh(refreshToken))).map(tokensOf);
  expect(new Set(answers.map((tokens) => tokens.accessToken)).size).toBe(1);
  expect(new Set(answers.map((tokens) => tokens.refreshToken)).size).toBe(1);
  const [tokens] = answers;
  if (!tokens) throw new Error("nobody got tokens");
  expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
  expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
});

it("TOK-5 revokes the family when a refresh token comes back after the window", async () => {
  const first = await client.signIn(new Person(twin), MIRA);
  const second = tokensOf(await client.refresh(first.refreshToken));
  await twin.advance(REPLAY_SECONDS);
  for (const { refreshToken } of [first, second]) {
    expect(await client.refresh(refreshToken)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
  }
  expect((await client.callTool(twin.mcpUrl, second.accessToken, "whoami")).status).toBe(401);
});

it("TOK-5 revokes the family when a refresh token from before the last comes back, window or not", async () => {
  const first = await client.signIn(new Person(twin), MIRA);
  const second = tokensOf(await client.refresh(first.refreshToken));
  const third = tokensOf(await client.refresh(second.refreshToken));
  for (const { refreshToken } of [first, second, third]) {
    expect(await client.refresh(refreshToken)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
  }
});

it("answers a refresh and a revocation at the same time so that the session ends either way", async () => {
  const { refreshToken } = await client.signIn(new Person(twin), MIRA);
  const [refreshed, revoked] = await Promise.all([client.refresh(refreshToken), client.revoke(refreshToken)]);
  expect(revoked.status).toBe(200);
  const last = refreshed.status === 200 ? tokensOf(refreshed).refreshToken : refreshToken;
  expect(await client.refresh(last)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
});
