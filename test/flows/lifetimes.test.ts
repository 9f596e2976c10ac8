import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** Seconds. */
const ACCESS_TOKEN = 3600;
const AUTHORIZATION_CODE = 60;
const REFRESH_TOKEN = 30 * 86_400;

const twin = useOwnTwin();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

describe("when its time is over", () => {
  it("refuses an access token, and takes the one that a refresh gives", async () => {
    const first = await client.signIn(new Person(twin), MIRA);
    expect((await client.callTool(twin.mcpUrl, first.accessToken, "whoami")).status).toBe(200);
    await twin.advance(ACCESS_TOKEN);
    const refused = await client.callTool(twin.mcpUrl, first.accessToken, "whoami");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');

    const refreshed = await client.refresh(first.refreshToken);
    expect(refreshed.json["expires_in"]).toBe(ACCESS_TOKEN);
    const { accessToken } = tokensOf(refreshed);
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
  });

  it("TOK-3 SES-3 refuses a code, and leaves the session as it was", async () => {
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    await twin.advance(AUTHORIZATION_CODE);
    const mine = async () =>
      (await twin.cosmos.documents()).filter(({ document }) => document["id"] === code.split(".")[2]);
    const before = await mine();
    expect(before).toHaveLength(1);
    expect(await client.redeem(request, code)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    expect(await mine()).toEqual(before);
  });

  it("SES-3 refuses a refresh token that nobody used, and revokes by an ended access token all the same", async () => {
    const idle = await client.signIn(new Person(twin), MIRA);
    await twin.advance(REFRESH_TOKEN);
    expect(await client.refresh(idle.refreshToken)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    expect((await client.revoke(idle.accessToken)).status).toBe(200);
    const session = idle.refreshToken.split(".")[2];
    const stored = (await twin.cosmos.documents()).find(({ document }) => document["id"] === session);
    expect(stored?.document).toHaveProperty("revoked");
    expect(stored?.document).not.toHaveProperty("entra");
  });
});
