import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import exampleConfig from "../../examples/two-servers.config.ts";
import { type Answer, OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

/** Resource servers ask about tokens (RFC 7662), through the gateway. */
const MIRA = "Mira Okafor";
const secret = randomBytes(32).toString("base64url");
const INACTIVE = { status: 200, json: { active: false } };

let key: CryptoKey;
const twin = useOwnTwin(async () => {
  const pair = await generateKeyPair("ES256");
  key = pair.privateKey;
  const secretHash = createHash("sha256").update(secret).digest("base64url");
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)) }] };
  return {
    servers: exampleConfig.servers,
    clients: [
      {
        id: "confidential",
        name: "C",
        redirectUris: ["https://c.example/cb"],
        auth: { secretHash },
      },
    ],
    resourceServers: [
      { id: "graph-backend", server: "graph", auth: { secretHash } },
      { id: "notes-backend", server: "notes", auth: { jwks } },
    ],
  };
});
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl });
});

const basic = (id: string, password = secret) =>
  `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}`;

const ask = (token: string, authorization = basic("graph-backend")): Promise<Answer> =>
  send(`${twin.origin}/introspect`, {
    method: "POST",
    headers: authorization === "" ? {} : { authorization },
    body: new URLSearchParams({ token }),
  });

async function askForNotes(token: string, changes: object = {}): Promise<Answer> {
  const now = Math.floor(Date.now() / 1000);
  const id = "notes-backend";
  const claims = {
    iss: id,
    sub: id,
    aud: `${twin.origin}/introspect`,
    jti: randomUUID(),
    exp: now + 60,
    ...changes,
  };
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key);
  const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const body = new URLSearchParams({ token, client_assertion, client_assertion_type });
  return send(`${twin.origin}/introspect`, { method: "POST", body });
}

describe("POST /introspect", () => {
  it("TOK-8 says of a token for the caller's own server what it stands for, by one point read, to no cache", async () => {
    twin.cosmos.resetOperations();
    const { status, headers, json } = await ask(tokens.accessToken);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(json).toEqual({
      active: true,
      token_type: "Bearer",
      iss: twin.origin,
      sub: expect.stringMatching(/^[\w-]{43}$/),
      aud: twin.mcpUrl,
      client_id: client.id,
      scope: "mcp.tools",
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
  });

  it("TOK-8 says nothing of a token for another server, though the caller is who it says", async () => {
    expect(await askForNotes(tokens.accessToken)).toMatchObject(INACTIVE);
    const notes = twin.resolved.servers[1]?.resource ?? "";
    const other = await client.signIn(new Person(twin), MIRA, { resource: notes });
    expect((await askForNotes(other.accessToken)).json["active"]).toBe(true);
    expect((await ask(other.accessToken)).json).toEqual({ active: false });
  });

  it("TOK-8 TOK-9 says nothing of what is no access token of ours, without the store", async () => {
    const [header, payload, signature] = tokens.accessToken.split(".");
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
    twin.cosmos.resetOperations();
    const others = [
      tokens.refreshToken,
      "x",
      "..",
      `${none}.${payload}.`,
      `${header}.${payload}.${signature?.slice(0, -4)}AAAA`,
      await new SignJWT({}).setProtectedHeader({ alg: "ES256" }).sign(key),
    ];
    for (const token of others) {
      const { status, json } = await ask(token);
      expect([status, json]).toEqual([200, { active: false }]);
    }
    expect(twin.cosmos.operations()).toEqual({});
  });

  it("TOK-8 TOK-7 says nothing of a token whose session was revoked", async () => {
    const { accessToken, refreshToken } = await client.signIn(new Person(twin), MIRA, {
      resource: twin.mcpUrl,
    });
    expect((await ask(accessToken)).json["active"]).toBe(true);
    await client.revoke(refreshToken);
    expect((await ask(accessToken)).json).toEqual({ active: false });
  });

  it.each([
    ["nobody", () => ""],
    ["a wrong secret", () => basic("graph-backend", "x")],
    ["a secret for a server with a key", () => basic("notes-backend")],
    ["an unknown resource server", () => basic("unknown")],
    ["a confidential client", () => basic("confidential")],
    ["a public client", () => basic(client.id, "")],
    ["a user's token", () => `Bearer ${tokens.accessToken}`],
  ])("TOK-8 answers nobody but a configured resource server: %s", async (_, authorization) => {
    const { status, json } = await ask(tokens.accessToken, authorization());
    expect([400, 401]).toContain(status);
    expect(json).not.toHaveProperty("active");
  });

  it("TOK-8 takes an assertion for this endpoint, and for no other server", async () => {
    for (const changes of [{ aud: "https://evil.example" }, { exp: 1 }, { sub: "graph-backend" }]) {
      expect((await askForNotes(tokens.accessToken, changes)).status).toBe(401);
    }
  });

  it("TOK-8 does not let a resource server pass for a client at /token or /revoke", async () => {
    for (const path of ["/token", "/revoke"]) {
      const answer = await send(`${twin.origin}${path}`, {
        method: "POST",
        headers: { authorization: basic("graph-backend") },
        body: new URLSearchParams({
          grant_type: "refresh_token",
          refresh_token: tokens.refreshToken,
          token: tokens.refreshToken,
        }),
      });
      expect(answer).toMatchObject({ status: 401, json: { error: "invalid_client" } });
    }
  });

  it("DIS-6 is in the metadata, and open to no web page", async () => {
    const { json } = await send(`${twin.origin}/.well-known/oauth-authorization-server`);
    expect(json).toMatchObject({
      introspection_endpoint: `${twin.origin}/introspect`,
      introspection_endpoint_auth_methods_supported: [
        "private_key_jwt",
        "client_secret_basic",
        "client_secret_post",
      ],
    });
    const origin = "https://page.example";
    const asked = await send(`${twin.origin}/introspect`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect(asked.headers.get("access-control-allow-origin")).toBeNull();
  });
});
