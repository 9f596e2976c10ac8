import { createPublicKey, type JsonWebKey as NodeJsonWebKey } from "node:crypto";
import { decodeJwt, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../config/schema.ts";
import shippedConfig from "../../gateway.config.ts";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { askEntra, managedIdentityToken, tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { resign, signingKeyOf } from "../support/signing-key.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const TESS = "Tess Marlow";
const { nightlyReport, consoleClient, graphMcp, notes, signIn, identity, furtherTenants, tenantId } =
  demoTenant("http://localhost");
const [partner, stranger] = furtherTenants.map((each) => each.tenantId) as [string, string];
/** A group that Tess is not in. */
const GROUP = "a5f60182-e9fa-4b0c-8d3e-4f5a6b7c8d9e";

const backend = useRecordingBackend();
const twin = useOwnTwin(
  () => {
    const server = notesServer(backend);
    const entraTokens: GatewayConfigInput["servers"][number]["entraTokens"] = {
      clients: [nightlyReport.clientId, consoleClient.clientId],
      users: { "Mcp.Access": ["notes.list", "notes.read"] },
      workloads: { "Mcp.Workload": ["notes.list", "notes.read"] },
    };
    return {
      tenants: [partner],
      servers: [
        ...shippedConfig.servers,
        { ...server, entraTokens },
        { ...server, name: "people", path: "/people", entraTokens: { ...entraTokens, workloads: {} } },
        { ...server, name: "workloads", path: "/workloads", entraTokens: { ...entraTokens, users: {} } },
        { ...server, name: "group", path: "/group", entraTokens, access: { groups: [GROUP] } },
        { ...server, name: "closed", path: "/closed" },
      ],
    };
  },
  { recordIssued: true },
);

let ofWorkload: JWTPayload;
let ofMira: JWTPayload;
let ours: Tokens;
let ourKey: JWK;
let theirKey: JWK;

beforeAll(async () => {
  ofWorkload = decodeJwt(await workloadToken(twin));
  ofMira = decodeJwt((await tokensOfPerson(twin, MIRA)).accessToken);
  const client = await OAuthClient.register(twin.origin);
  ours = await client.signIn(new Person(twin), MIRA, { resource: `${twin.origin}/notes/mcp` });
  ourKey = await signingKeyOf(twin);
  theirKey = await exportJWK((await generateKeyPair("RS256", { extractable: true })).privateKey);
  backend.forget();
});

beforeEach(() => backend.reset());

const send = (authorization: string, path = "/notes/mcp") =>
  fetch(`${twin.origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });

async function expectRefusal(token: string, path?: string): Promise<void> {
  const response = await send(`Bearer ${token}`, path);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(
    /^Bearer error="invalid_token", resource_metadata=/,
  );
  expect(backend.requests).toEqual([]);
}

async function expectForbidden(token: string, path?: string): Promise<void> {
  expect((await send(`Bearer ${token}`, path)).status).toBe(403);
  expect(backend.requests).toEqual([]);
}

const forge = (claims: object, header?: Readonly<Record<string, unknown>>) =>
  twin.entra.forge({ ...claims }, header);
const seconds = () => Math.floor(Date.now() / 1000);
const v1Issuer = (tenant = tenantId) => `${twin.entra.url}/${tenant}/`;
const v2Issuer = (tenant = tenantId) => `${twin.entra.url}/${tenant}/v2.0`;
/** What a token of version 1.0 says in place of the other's claims. */
const inV1 = (claims: JWTPayload) => ({
  ...claims,
  iss: v1Issuer(),
  aud: `api://${graphMcp.clientId}`,
  ver: "1.0",
  azp: undefined,
  appid: claims["azp"],
});

describe("takes", () => {
  it.each<[string, () => object]>([
    ["a workload's", () => ofWorkload],
    ["a person's", () => ofMira],
    ["a workload's of version 1.0", () => inV1(ofWorkload)],
    ["a person's of version 1.0", () => inV1(ofMira)],
    [
      "version 1.0 with the application's ID as its audience",
      () => ({ ...inV1(ofMira), aud: graphMcp.clientId }),
    ],
    ["a person's that does not say who it is", () => ({ ...ofMira, oid: undefined, tid: undefined })],
    ["one that says what kind it is", () => ({ ...ofWorkload, idtyp: "app" })],
    ["one of a listed tenant", () => ({ ...ofMira, iss: v2Issuer(partner), tid: partner })],
  ])("%s", async (_, claims) => {
    expect((await send(`Bearer ${await forge(claims())}`)).status).toBe(200);
  });
});

describe("GW-16 refuses an Entra token", () => {
  it.each<[string, () => object]>([
    ["of a tenant that is not listed", () => ({ ...ofMira, iss: v2Issuer(stranger), tid: stranger })],
    ["of that tenant, version 1.0", () => ({ ...inV1(ofMira), iss: v1Issuer(stranger), tid: stranger })],
    ["of no tenant", () => ({ ...ofMira, iss: `${twin.entra.url}/organizations/v2.0` })],
    ["whose tenant disagrees with its issuer", () => ({ ...ofMira, tid: stranger })],
    ["whose tenant is a listed one, but not its issuer's", () => ({ ...ofMira, tid: partner })],
    ["whose tenant is a part of its issuer", () => ({ ...ofMira, tid: "" })],
    ["whose issuer is at another host", () => ({ ...ofMira, iss: `https://evil.example/${tenantId}/v2.0` })],
    ["whose issuer only holds the tenant", () => ({ ...ofMira, iss: `${v2Issuer()}/${tenantId}/` })],
    ["whose issuer has another case", () => ({ ...ofMira, iss: v2Issuer().toUpperCase() })],
    ["whose issuer has a slash more", () => ({ ...ofMira, iss: `${v2Issuer()}/` })],
    ["for another application", () => ({ ...ofMira, aud: notes.clientId })],
    ["for Microsoft Graph", () => ({ ...ofMira, aud: "https://graph.microsoft.com" })],
    ["for nobody", () => ({ ...ofMira, aud: undefined })],
    ["for two applications", () => ({ ...ofMira, aud: [graphMcp.clientId, notes.clientId] })],
    ["for the audience in another case", () => ({ ...ofMira, aud: graphMcp.clientId.toUpperCase() })],
    [
      "for both audiences in one text",
      () => ({ ...ofMira, aud: `${graphMcp.clientId} api://${graphMcp.clientId}` }),
    ],
    ["of a client that is not listed", () => ({ ...ofMira, azp: signIn.clientId })],
    ["of no client", () => ({ ...ofMira, azp: undefined })],
    [
      "of version 2.0 that names its client as version 1.0 does",
      () => ({
        ...ofMira,
        azp: undefined,
        appid: consoleClient.clientId,
      }),
    ],
    [
      "of version 1.0 that names its client as version 2.0 does",
      () => ({
        ...inV1(ofMira),
        appid: undefined,
        azp: consoleClient.clientId,
      }),
    ],
    [
      "of version 1.0 whose other claim names a listed client",
      () => ({
        ...inV1(ofMira),
        appid: signIn.clientId,
        azp: consoleClient.clientId,
      }),
    ],
    ["of version 1.0 with the other version's issuer", () => ({ ...inV1(ofMira), iss: v2Issuer() })],
    ["of version 2.0 with the other version's issuer", () => ({ ...ofMira, iss: v1Issuer() })],
    ["of no version", () => ({ ...ofMira, ver: undefined })],
    ["that has ended", () => ({ ...ofMira, exp: seconds() - 1 })],
    ["without an end", () => ({ ...ofMira, exp: undefined })],
    ["that is not valid yet", () => ({ ...ofMira, nbf: seconds() + 600 })],
    ["that is bound to a key", () => ({ ...ofMira, cnf: { kid: "x" } })],
    ["of an application that has a person's subject", () => ({ ...ofWorkload, sub: ofMira.sub })],
    ["of an application that is nobody", () => ({ ...ofWorkload, oid: undefined })],
    ["of an application and a person at once", () => ({ ...ofMira, idtyp: "app" })],
    ["of an application that says it is a person's", () => ({ ...ofWorkload, idtyp: "user" })],
    ["of a device", () => ({ ...ofWorkload, idtyp: "device" })],
  ])("%s", async (_, claims) => {
    await expectRefusal(await forge(claims()));
  });

  it("signed by Entra's key with an algorithm that Entra does not use", async () => {
    for (const alg of ["PS256", "RS512"]) await expectRefusal(await forge(ofMira, { alg }));
  });

  it("of another application's audience, as Entra issues it", async () => {
    const answer = await askEntra(twin, {
      grant_type: "client_credentials",
      client_id: nightlyReport.clientId,
      client_secret: nightlyReport.secret ?? "",
      scope: `api://${notes.clientId}/.default`,
    });
    await expectRefusal(String(answer.json["access_token"]));
    await expectRefusal(await managedIdentityToken(twin, identity.gateway, `api://${signIn.clientId}`));
  });

  it("of a client that is not listed, as Entra issues it", async () => {
    await expectRefusal(await managedIdentityToken(twin));
  });
});

describe("GW-16 refuses an id token", () => {
  it("of a listed client", async () => {
    await expectRefusal((await tokensOfPerson(twin, MIRA)).idToken);
  });

  it.each<[string, object]>([
    ["with roles", {}],
    ["with roles, that names the client", { azp: consoleClient.clientId }],
    ["with roles, that names the client and has a nonce", { azp: consoleClient.clientId, nonce: "n" }],
    ["with the claims of an application", { azp: consoleClient.clientId, nonce: "n", sub: "x", oid: "x" }],
    ["with a scope and a nonce", { azp: consoleClient.clientId, nonce: "n", scp: "Mcp.Access" }],
    ["with a scope and a hash", { azp: consoleClient.clientId, at_hash: "h", scp: "Mcp.Access" }],
    ["with a scope and another hash", { azp: consoleClient.clientId, c_hash: "h", scp: "Mcp.Access" }],
  ])("of the server's own application %s", async (_, claims) => {
    const { scp: _scp, azp: _azp, ...person } = ofMira;
    await expectRefusal(await forge({ ...person, roles: ["Mcp.Workload"], ...claims }));
  });
});

describe("GW-16 gives nothing for the other kind's claims", () => {
  it("a person's token with a role that applications need", async () => {
    await expectForbidden(await forge({ ...ofMira, scp: "Other", roles: ["Mcp.Workload"] }));
    await expectForbidden(await forge({ ...ofMira, scp: "", roles: ["Mcp.Workload"] }));
    await expectForbidden(await forge({ ...ofMira, scp: "Mcp.Workload", roles: ["Mcp.Workload"] }));
    await expectForbidden(await forge({ ...ofMira, roles: ["Mcp.Workload"] }), "/workloads");
  });

  it("an application's token with a scope's name as its role", async () => {
    await expectForbidden(await forge({ ...ofWorkload, roles: ["Mcp.Access"] }));
    await expectForbidden(await forge(ofWorkload), "/people");
  });

  it("an application's token with no role, or another", async () => {
    for (const roles of [
      undefined,
      [],
      ["Mcp.User"],
      ["mcp.workload"],
      ["Mcp.Workload,Mcp.Other"],
      "__proto__",
    ]) {
      await expectForbidden(await forge({ ...ofWorkload, roles }));
    }
  });

  it("a scope in another case, in a list, or as a part of one", async () => {
    for (const scp of ["mcp.access", "Mcp.Access.Read", "Mcp.Access,Other", "x/Mcp.Access"]) {
      await expectForbidden(await forge({ ...ofMira, scp }));
    }
  });

  it("our own claims in Entra's token", async () => {
    const claims = { scope: "notes.list notes.read", client_id: "client", sid: "session" };
    await expectForbidden(await forge({ ...ofMira, scp: "Other", ...claims }));
    expect((await send(`Bearer ${await forge({ ...ofMira, ...claims })}`)).status).toBe(200);
    expect(backend.requests[0]?.headers["x-gateway-client"]).toBe(consoleClient.clientId);
  });
});

describe("GW-16 CAL-3 asks a person for the groups of a sign-in", () => {
  it("in the token itself, and not where Entra left the list out", async () => {
    const tess = decodeJwt((await tokensOfPerson(twin, TESS)).accessToken);
    const overage = { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://x" } } };
    for (const claims of [{}, overage, { hasgroups: true }, { groups: [] }, { groups: ["another"] }]) {
      await expectForbidden(await forge({ ...tess, ...claims }), "/group");
    }
    await expectForbidden(await forge({ ...tess, roles: [GROUP] }), "/group");
    expect((await send(`Bearer ${await forge({ ...tess, groups: [GROUP] })}`, "/group")).status).toBe(200);
  });
});

describe("GW-16 refuses a token that Entra did not sign", () => {
  const header = (kid?: string) => ({ header: { ...(kid === undefined ? {} : { kid }) } });

  it("with another key, under Entra's kid, its own, or none", async () => {
    const token = await forge(ofMira);
    for (const kid of [undefined, "theirs", "", "__proto__"]) {
      await expectRefusal(await resign(token, theirKey, header(kid)));
    }
    await expectRefusal(await resign(token, theirKey, { header: { kid: undefined } }));
  });

  it("with our key", async () => {
    const token = await forge(ofMira);
    await expectRefusal(await resign(token, ourKey, header(ourKey.kid)));
    await expectRefusal(await resign(token, ourKey));
  });

  it("with none", async () => {
    const [, claims] = (await forge(ofMira)).split(".");
    for (const alg of ["none", "None", "NONE"]) {
      const unsigned = Buffer.from(JSON.stringify({ alg, typ: "JWT" })).toString("base64url");
      for (const signature of ["", "AA"]) await expectRefusal(`${unsigned}.${claims}.${signature}`);
    }
  });

  it("with Entra's public key as a secret (HS256)", async () => {
    const { keys } = (await (await fetch(`${twin.entra.url}/${tenantId}/discovery/v2.0/keys`)).json()) as {
      keys: NodeJsonWebKey[];
    };
    const key = keys[0] as NodeJsonWebKey;
    for (const secret of [await exportSPKI(createPublicKey({ key, format: "jwk" })), String(key.n)]) {
      const symmetric = { kty: "oct", k: Buffer.from(secret).toString("base64url") };
      await expectRefusal(await resign(await forge(ofMira), symmetric, { header: { alg: "HS256" } }));
    }
  });

  it("whose claims or signature were changed since", async () => {
    const [first, , signature = ""] = (await forge(ofMira)).split(".");
    const claims = Buffer.from(JSON.stringify({ ...ofMira, scp: "Mcp.Access Other" })).toString("base64url");
    await expectRefusal(`${first}.${claims}.${signature}`);
    await expectRefusal(`${first}.${claims}.`);
    await expectRefusal(`${first}.${claims}`);
  });
});

describe("GW-16 TOK-9 keeps our tokens and Entra's apart", () => {
  it("no token of ours passes as Entra's", async () => {
    expect((await send(`Bearer ${ours.accessToken}`)).status).toBe(200);
    backend.forget();
    const claims = {
      iss: v2Issuer(),
      aud: graphMcp.clientId,
      azp: consoleClient.clientId,
      scp: "Mcp.Access",
      ver: "2.0",
    };
    await expectRefusal(await resign(ours.accessToken, ourKey, { claims }));
    await expectRefusal(await resign(ours.accessToken, ourKey, { claims: { ...claims, tid: tenantId } }));
  });

  it("no token of Entra's passes as ours", async () => {
    const { iss, aud, sub, sid, scope, client_id } = decodeJwt(ours.accessToken);
    const claims = { ...ofMira, iss, aud, sub, sid, scope, client_id };
    await expectRefusal(await forge(claims, { typ: "at+jwt" }));
    await expectRefusal(await forge(ofMira), "/closed");
    await expectRefusal(await forge({ ...ofWorkload, iss }), "/notes/mcp");
  });

  it("a token without an issuer is neither", async () => {
    await expectRefusal(await forge({ ...ofMira, iss: undefined }));
    await expectRefusal(await forge({ ...ofMira, iss: [v2Issuer()] }));
    await expectRefusal(await forge({ ...ofMira, iss: "" }));
  });
});

describe("GW-16 reads one token from the field", () => {
  it("and refuses nested schemes, several tokens and other schemes", async () => {
    const token = await forge(ofMira);
    for (const field of [
      `Bearer Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${ours.accessToken}`,
      `Bearer ${ours.accessToken}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer ${token}.x`,
      `Bearer ${token}=`,
      `Basic ${token}`,
      `DPoP ${token}`,
      `PoP ${token}`,
      token,
    ]) {
      const { status } = await send(field);
      expect([field.slice(0, 12), status]).toEqual([field.slice(0, 12), 401]);
      expect(backend.requests).toEqual([]);
    }
  });

  it("not from the query or another field", async () => {
    const token = await forge(ofMira);
    const url = `${twin.origin}/notes/mcp?access_token=${token}`;
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    const fields = { "x-authorization": `Bearer ${token}`, cookie: `access_token=${token}` };
    expect(
      (await fetch(`${twin.origin}/notes/mcp`, { method: "POST", body: "{}", headers: fields })).status,
    ).toBe(401);
    expect(backend.requests).toEqual([]);
  });

  it("sets the gateway's fields itself, whatever the caller sends in them", async () => {
    const headers = {
      authorization: `Bearer ${await forge(ofMira)}`,
      "x-gateway-scopes": "notes.write",
      "x-gateway-client": "somebody",
    };
    await fetch(`${twin.origin}/notes/mcp`, { method: "POST", body: "{}", headers });
    expect(backend.requests[0]?.headers).toMatchObject({
      "x-gateway-scopes": "notes.list notes.read",
      "x-gateway-client": consoleClient.clientId,
    });
  });
});

describe("GW-16 needs nothing but Entra's keys", () => {
  it("no token of Entra's is in a log line", async () => {
    const token = await forge(ofMira);
    await send(`Bearer ${token}`);
    const lines = (await twin.allLogs()).map(({ message }) => message).join("\n");
    expect(lines).not.toContain(token.split(".")[2]);
  });

  it("stores nothing, and answers while the authorization server is down", async () => {
    await send(`Bearer ${await forge(ofMira)}`);
    twin.cosmos.resetOperations();
    await twin.authorizationServer.stop();
    expect((await send(`Bearer ${await forge(ofMira)}`)).status).toBe(200);
    expect((await send(`Bearer ${await forge(ofWorkload)}`)).status).toBe(200);
    expect(twin.cosmos.operations()).toEqual({});
  });
});
