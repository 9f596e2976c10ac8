import { describe, expect, it } from "vitest";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const MIRA_ID = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";
const TESS = "Tess Marlow";
const TESS_ID = "41a0bc2d-8394-45a6-87c8-d9eafb0c1d2e";

const twin = useTwin();

type Line = Readonly<Record<string, unknown>>;

/** Does something. Gives the audit lines of it, in order. */
async function trailOf(happening: () => Promise<unknown>): Promise<readonly Line[]> {
  const { length: before } = await twin.allLogs();
  await happening();
  return (await twin.allLogs())
    .slice(before)
    .map(({ message }) => (message.startsWith("{") ? (JSON.parse(message) as Line) : {}))
    .filter((line) => line["audit"] === true);
}

/** The network of the gateway's callers here. */
const HERE = { audit: true, network: "127.0.0.0/24", correlationId: expect.stringMatching(/^[\da-f-]{36}$/) };
const SESSION = expect.stringMatching(/^[\w-]{22}$/);

describe("the audit trail", () => {
  it("tells one client's whole life: who, with what, where, and from which network", async () => {
    let client = await OAuthClient.register(twin.origin);
    const trail = await trailOf(async () => {
      client = await OAuthClient.register(twin.origin);
      const { request, code } = await client.authorize(new Person(twin), MIRA);
      const first = tokensOf(await client.redeem(request, code));
      tokensOf(await client.refresh(first.refreshToken));
      const { refreshToken } = tokensOf(await client.refresh(first.refreshToken));
      await client.revoke(refreshToken);
      await client.refresh(refreshToken);
    });
    const asked = { ...HERE, client: client.id, servers: "graph" };
    const session = { ...asked, session: SESSION, user: MIRA_ID };
    const scopes = "mcp.tools";
    expect(trail).toEqual([
      { ...HERE, event: "registered", client: client.id },
      { ...asked, event: "consent_asked" },
      { ...asked, event: "consented", scopes },
      { ...session, event: "signed_in", scopes, tenant: twin.tenant.tenantId },
      { ...session, event: "issued", server: "graph", scopes },
      { ...session, event: "refreshed", server: "graph", scopes },
      { ...session, event: "replayed", server: "graph", scopes },
      { ...session, event: "revoked", because: "client_request" },
      { ...session, event: "refused", endpoint: "token", error: "invalid_grant", reason: "session_revoked" },
    ]);
    expect(new Set(trail.slice(3).map((line) => line["session"])).size).toBe(1);
  });

  it("TOK-4 tells of a code that came twice, and whose it was", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    await client.redeem(request, code);
    const session = {
      ...HERE,
      client: client.id,
      servers: "graph",
      session: SESSION,
      user: MIRA_ID,
    };
    expect(await trailOf(() => client.redeem(request, code))).toEqual([
      { ...session, event: "reuse_detected", reused: "code" },
      { ...session, event: "refused", endpoint: "token", error: "invalid_grant", reason: "code_reuse" },
    ]);
  });

  it("CON-5 tells of a person who said no", async () => {
    const client = await OAuthClient.register(twin.origin);
    const trail = await trailOf(() => new Person(twin).deny(client.authorizationRequest().url));
    expect(trail.at(-1)).toEqual({ ...HERE, event: "denied", client: client.id, servers: "graph" });
  });

  it("tells of a person who may not use the server", async () => {
    const client = await OAuthClient.register(twin.origin);
    const tess = new Person(twin);
    const page = await tess.askEntra(client.authorizationRequest().url);
    expect(await trailOf(() => tess.press(page, TESS))).toEqual([
      {
        ...HERE,
        event: "refused",
        endpoint: "callback",
        error: "access_denied",
        reason: "role_missing",
        client: client.id,
        servers: "graph",
        user: TESS_ID,
        tenant: twin.tenant.tenantId,
      },
    ]);
  });

  it("tells nothing of what a stranger puts in the place of a client ID", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { refreshToken } = await client.signIn(new Person(twin), MIRA);
    const trail = await trailOf(async () => {
      await client.refresh(refreshToken, { client_id: refreshToken });
      await fetch(`${twin.origin}/authorize?client_id=${refreshToken}`);
    });
    expect(trail.map((line) => [line["event"], line["client"]])).toEqual([
      ["refused", undefined],
      ["refused", undefined],
    ]);
    expect(JSON.stringify(trail)).not.toContain(refreshToken.slice(-20));
  });

  it("does not believe a caller who names an address of their own", async () => {
    const headers = { "x-caller-address": "198.51.100.7", "x-forwarded-for": "198.51.100.7" };
    const trail = await trailOf(() => fetch(`${twin.origin}/authorize`, { headers }));
    expect(trail).toMatchObject([{ event: "refused", network: "127.0.0.0/24" }]);
  });
});
