import { createHash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useRecordingBackend } from "../support/recording-backend.ts";
import { resign, signingKeyOf } from "../support/signing-key.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const SECRET = "a-resource-server's-secret";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => {
  const files = {
    name: "files",
    title: "Files",
    backend: { url: backend.url },
    identity: { assertion: { audience: "https://files.contoso.com/mcp" } },
    scopes: [{ name: "files.read", description: "read files" }],
  };
  const secretHash = createHash("sha256").update(SECRET).digest("base64url");
  return {
    servers: [
      files,
      { ...files, name: "wiki", identity: { assertion: { audience: "https://files.contoso.com/mcp" } } },
    ],
    resourceServers: [{ id: "files-server", server: "files", auth: { secretHash } }],
  };
});
let client: OAuthClient;
let tokens: Tokens;
let filesUrl: string;
let assertion: string;

const signIn = (scope = "files.read offline_access") =>
  client.signIn(new Person(twin), MIRA, { resource: filesUrl, scope });

async function assertionIn({ accessToken }: Tokens): Promise<string> {
  expect((await client.callTool(filesUrl, accessToken, "anything")).status).toBe(200);
  return backend.requests.at(-1)?.headers.authorization?.replace("Bearer ", "") ?? "";
}

beforeAll(async () => {
  filesUrl = twin.mcpUrl;
  client = await OAuthClient.register(twin.origin);
  tokens = await signIn();
  assertion = await assertionIn(tokens);
});
beforeEach(() => backend.forget());

describe("GW-15 GW-1 an assertion is no access token", () => {
  it("is one of ours otherwise, with a type and an audience of its own", () => {
    expect(decodeProtectedHeader(assertion)).toMatchObject({ typ: "mcp-assertion+jwt" });
    expect(decodeProtectedHeader(tokens.accessToken)).toMatchObject({ typ: "at+jwt" });
    expect(decodeJwt(assertion)).toMatchObject({ iss: twin.origin, aud: "https://files.contoso.com/mcp" });
  });

  it.each(["files", "wiki"])("at the server %s", async (name) => {
    const url = twin.resolved.servers.find((server) => server.name === name)?.resource ?? "";
    // The second is what a careless operator's audience would be, and the third has the type of an access token.
    const key = await signingKeyOf(twin);
    const others = [
      assertion,
      await resign(assertion, key, { claims: { aud: url } }),
      await resign(assertion, key, { header: { typ: "at+jwt" } }),
    ];
    for (const token of others) {
      const refused = await client.callTool(url, token, "anything");
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
    expect(backend.requests).toEqual([]);
  });

  it("at /introspect, where it is not active, also for its own server", async () => {
    const ask = (token: string) =>
      send(`${twin.origin}/introspect`, {
        method: "POST",
        headers: {
          authorization: `Basic ${Buffer.from(`files-server:${encodeURIComponent(SECRET)}`).toString("base64")}`,
        },
        body: new URLSearchParams({ token }),
      });
    expect((await ask(tokens.accessToken)).json).toMatchObject({ active: true });
    expect((await ask(assertion)).json).toEqual({ active: false });
  });

  it("at /revoke, where it ends nothing", async () => {
    expect((await client.revoke(assertion)).status).toBe(200);
    expect((await client.callTool(filesUrl, tokens.accessToken, "anything")).status).toBe(200);
  });

  it("at /token, as a grant or as a client's own proof", async () => {
    const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    for (const form of [
      { grant_type: bearer, assertion, client_id: client.id },
      { grant_type: "refresh_token", refresh_token: assertion, client_id: client.id },
      {
        grant_type: "refresh_token",
        refresh_token: tokens.refreshToken,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      },
    ]) {
      expect((await client.post("/token", new URLSearchParams(form))).status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe("GW-15 TOK-7 a session that has ended", () => {
  it("gets no further assertion, and what is out ends within ten minutes", async () => {
    const mine = await signIn();
    const { exp = 0, iat = 0 } = decodeJwt(await assertionIn(mine));
    expect(exp - iat).toBeLessThanOrEqual(600);
    await client.revoke(mine.accessToken);
    backend.forget();
    expect((await client.callTool(filesUrl, mine.accessToken, "anything")).status).toBe(401);
    expect(backend.requests).toEqual([]);
  });
});

describe("GW-15 what a client or a page can send", () => {
  it("never reaches the server as an assertion: its Authorization and the gateway's fields are the gateway's", async () => {
    await send(filesUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tokens.accessToken}`,
        "content-type": "application/json",
        "x-gateway-scopes": "files.admin",
        "proxy-authorization": `Bearer ${assertion}`,
        "x-gateway-authorization": `Bearer ${assertion}`,
        "x-ms-client-principal": assertion,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    const [received] = backend.requests;
    expect(received?.headers.authorization).toMatch(/^Bearer /);
    expect(received?.headers.authorization).not.toContain(tokens.accessToken);
    expect(received?.headers["x-gateway-scopes"]).toBe("files.read");
    for (const name of ["proxy-authorization", "x-gateway-authorization", "x-ms-client-principal"]) {
      expect(received?.headers).not.toHaveProperty(name);
    }
  });
});
