import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { askEntra, managedIdentityToken, tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { type Answer, OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const TESS = "Tess Marlow";
const { nightlyReport, consoleClient, identity } = demoTenant("http://localhost");
/** More than the other tests call as one caller. */
const RATE = 40;

const backend = useRecordingBackend();
const twin = useOwnTwin(
  () => {
    const notes = notesServer(backend);
    const entraTokens: GatewayConfigInput["servers"][number]["entraTokens"] = {
      clients: [nightlyReport.clientId, consoleClient.clientId, identity.nightlyReport.clientId],
      users: { "Mcp.Access": ["notes.list", "notes.read"] },
      workloads: {
        "Mcp.Workload": ["notes.list", "notes.read", "notes.write"],
        "Mcp.Less": ["notes.list"],
      },
    };
    return {
      servers: [
        { ...notes, entraTokens },
        { ...notes, name: "closed", path: "/closed" },
        {
          ...notes,
          name: "staff",
          path: "/staff",
          entraTokens,
          access: { roles: ["Mcp.User"], titles: { "Mcp.User": "Server users" } },
        },
      ],
      rateLimits: { mcp: { calls: RATE, period: 300 } },
    };
  },
  { recordIssued: true },
);

const at = (path: string) => `${twin.origin}${path}`;
const call = (path: string, token?: string): Promise<Answer> =>
  new OAuthClient(twin.origin, "no client of ours").callTool(at(path), token, "anything");
const challengeOf = ({ headers }: Answer) => headers.get("www-authenticate") ?? "";

beforeEach(() => backend.reset());

describe("GW-16 an Entra token at a server that takes it", () => {
  it("of a workload goes on unchanged, with the scopes of its role, its application and its end", async () => {
    const token = await workloadToken(twin);
    expect((await call("/mcp", token)).status).toBe(200);
    const [request] = backend.requests;
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      "x-gateway-scopes": "notes.list notes.read notes.write",
      "x-gateway-client": nightlyReport.clientId,
      "x-gateway-token-expires": String(decodeJwt(token).exp),
    });
  });

  it("of a managed identity is taken, too", async () => {
    expect((await call("/mcp", await managedIdentityToken(twin))).status).toBe(200);
    expect(backend.requests[0]?.headers["x-gateway-client"]).toBe(identity.nightlyReport.clientId);
  });

  it("of a person's client goes on unchanged, with the scopes of its delegated scope", async () => {
    const { accessToken } = await tokensOfPerson(twin, MIRA);
    expect((await call("/mcp", accessToken)).status).toBe(200);
    expect(backend.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${accessToken}`,
      "x-gateway-scopes": "notes.list notes.read",
      "x-gateway-client": consoleClient.clientId,
    });
  });

  it("is taken with every method and every spelling of the scheme", async () => {
    const token = await workloadToken(twin);
    for (const method of ["GET", "DELETE", "HEAD"]) {
      const { status } = await fetch(at("/mcp"), { method, headers: { authorization: `bearer  ${token}` } });
      expect(status).toBe(200);
    }
    expect(backend.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill(`Bearer ${token}`),
    );
  });

  it("without the required scopes gets 403 and our challenge", async () => {
    const { sub, oid } = decodeJwt(await workloadToken(twin));
    const claims = { ...decodeJwt(await workloadToken(twin)), sub, oid, roles: ["Mcp.Less", "Mcp.Other"] };
    const answer = await call("/mcp", await twin.entra.forge(claims));
    expect(answer.status).toBe(403);
    expect(challengeOf(answer)).toBe(
      `Bearer error="insufficient_scope", resource_metadata="${twin.origin}/.well-known/oauth-protected-resource/mcp", scope="notes.list notes.read"`,
    );
    expect(backend.requests).toEqual([]);
  });

  it("of a person needs the roles that a sign-in needs, and a workload only its own", async () => {
    const tess = await call("/staff", (await tokensOfPerson(twin, TESS)).accessToken);
    expect(tess.status).toBe(403);
    expect(tess.headers.get("www-authenticate")).toBeNull();
    expect(tess.text).toContain("Server users");
    expect(backend.requests).toEqual([]);
    expect((await call("/staff", (await tokensOfPerson(twin, MIRA)).accessToken)).status).toBe(200);
    expect((await call("/staff", await workloadToken(twin))).status).toBe(200);
  });

  it("is limited by its caller, and not by any other's", async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < RATE; i++)
      statuses.add((await call("/mcp", await managedIdentityToken(twin))).status);
    expect([...statuses]).toContain(200);
    expect((await call("/staff", await managedIdentityToken(twin))).status).toBe(429);
    expect((await call("/mcp", await workloadToken(twin))).status).toBe(200);
    expect((await call("/mcp", (await tokensOfPerson(twin, MIRA)).accessToken)).status).toBe(200);
  });

  it("costs no store operation, no internal call and no token of the gateway's identity", async () => {
    const token = await workloadToken(twin);
    twin.cosmos.resetOperations();
    const before = twin.entra.requests.managedIdentity;
    expect((await call("/mcp", token)).status).toBe(200);
    expect(twin.cosmos.operations()).toEqual({});
    expect(twin.entra.requests.managedIdentity).toBe(before);
  });
});

describe("GW-16 where nothing else changes", () => {
  it("a server without the setting refuses Entra tokens, and all challenges lead to us", async () => {
    for (const [path, token] of [
      ["/closed", await workloadToken(twin)],
      ["/closed", undefined],
      ["/mcp", undefined],
    ] as const) {
      const answer = await call(path, token);
      expect(answer.status).toBe(401);
      expect(challengeOf(answer)).toContain(
        `resource_metadata="${twin.origin}/.well-known/oauth-protected-resource${path}"`,
      );
    }
    expect(backend.requests).toEqual([]);
  });

  it("a server with it takes our tokens as before", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), MIRA, { resource: at("/mcp") });
    expect((await client.callTool(at("/mcp"), accessToken, "anything")).status).toBe(200);
    expect(backend.requests[0]?.headers["x-gateway-client"]).toBe(client.id);
    expect(backend.requests[0]?.headers.authorization).not.toBe(`Bearer ${accessToken}`);
  });
});

describe("GW-16 GW-9 a server's own 401 to a presented token", () => {
  const refuse = (challenge: string) =>
    backend.answerWith({ status: 401, headers: { "www-authenticate": challenge }, body: "" });

  it("becomes our challenge, without another try", async () => {
    refuse('Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"');
    const answer = await call("/mcp", await workloadToken(twin));
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toMatch(/^Bearer error="invalid_token", resource_metadata=/);
    expect(challengeOf(answer)).not.toContain("authorization_uri");
    expect(backend.requests).toHaveLength(1);
  });

  it("hands on the claims that it asks for, and nothing else", async () => {
    const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString("base64");
    refuse(
      `Bearer realm="x", error="insufficient_claims", claims="${claims}", authorization_uri="https://e"`,
    );
    const answer = await call("/mcp", await workloadToken(twin));
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toBe(
      `Bearer error="insufficient_claims", claims="${claims}", resource_metadata="${twin.origin}/.well-known/oauth-protected-resource/mcp", scope="notes.list notes.read"`,
    );
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    ["with a blank", 'claims="a b"'],
    ["empty", 'claims=""'],
    ["too long", `claims="${"A".repeat(5000)}"`],
    ["without quotation marks", "claims=abc"],
  ])("hands on no claims that are none: %s", async (_, claims) => {
    refuse(`Bearer error="insufficient_claims", ${claims}`);
    expect(challengeOf(await call("/mcp", await workloadToken(twin)))).not.toContain("claims");
  });
});

describe("the stand-in for Entra", () => {
  const { graphMcp, signIn } = demoTenant("http://localhost");
  const form = {
    grant_type: "client_credentials",
    client_id: nightlyReport.clientId,
    client_secret: nightlyReport.secret ?? "",
  };

  it("gives an application's roles where they are assigned, and none elsewhere", async () => {
    const claims = decodeJwt(await workloadToken(twin));
    expect(claims).toMatchObject({
      aud: graphMcp.clientId,
      azp: nightlyReport.clientId,
      roles: ["Mcp.Workload"],
    });
    expect(claims["oid"]).toBe(claims.sub);
    expect(claims).not.toHaveProperty("scp");
    expect(decodeJwt(await workloadToken(twin, nightlyReport, signIn))).not.toHaveProperty("roles");
  });

  it("takes the federated credential, too", async () => {
    const { client_secret: _, ...rest } = form;
    const answer = await askEntra(twin, {
      ...rest,
      scope: `api://${graphMcp.clientId}/.default`,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await managedIdentityToken(
        twin,
        identity.nightlyReport,
        "api://AzureADTokenExchange",
      ),
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ["another scope than .default", { scope: `api://${graphMcp.clientId}/Mcp.Access` }, 1002012],
    ["two scopes", { scope: `api://${graphMcp.clientId}/.default openid` }, 1002012],
    ["an unknown resource", { scope: "api://nobody/.default" }, 500011],
    ["a wrong secret", { scope: `api://${graphMcp.clientId}/.default`, client_secret: "x" }, 7000215],
    [
      "a public client",
      { scope: "x/.default", client_id: consoleClient.clientId, client_secret: "" },
      7000218,
    ],
    ["a public client's secret", { scope: "x/.default", client_id: consoleClient.clientId }, 700025],
  ])("refuses %s", async (_, changes, aadsts) => {
    const { json } = await askEntra(twin, { ...form, ...changes });
    expect(json["error_codes"]).toEqual([aadsts]);
  });
});
