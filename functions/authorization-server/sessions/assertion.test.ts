import { decodeJwt, decodeProtectedHeader } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../../config/schema.ts";
import { failureOf } from "../testing/failure.ts";
import { ISSUER, resolvedGateway } from "../testing/gateway.ts";
import { claimsOf, signIn, USER, useSessions } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { UpstreamError } from "../upstream/errors.ts";
import type { EntraIdentity } from "../upstream/upstream.ts";
import { readAccessToken } from "./access-token.ts";
import { userToken } from "./user-token.ts";

const AUDIENCE = "https://files.contoso.com/mcp";
const WHO = { oid: USER.objectId, tid: USER.tenantId };

const files = {
  name: "files",
  title: "Files",
  backend: { url: "https://files.example/mcp" },
  identity: { assertion: { audience: AUDIENCE, claims: ["name"] } },
  scopes: [
    { name: "files.read", description: "read files" },
    { name: "files.write", description: "change files", required: false },
  ],
} satisfies GatewayConfigInput["servers"][number];
const GRANTED = { servers: ["files"], scopes: ["files.read", "files.write", "offline_access"] };

const sessions = useSessions();
const contextWith = (server: object = {}, lifetimes: object = {}) =>
  sessions.instance({ gateway: resolvedGateway({ servers: [{ ...files, ...server }], lifetimes }) });

beforeEach(() => {
  sessions.upstream.who = new TestUpstream(sessions.clock.now).who;
});

/** Signs in, and asks as the gateway does. */
async function connected(context = contextWith()) {
  const { tokens, session } = await signIn(context, GRANTED);
  const { sub: user, aud } = claimsOf(tokens);
  const ask = (scopes = GRANTED.scopes, from = context) =>
    userToken(from, { user, session, scopes }, aud, undefined);
  const claims = async (scopes?: string[]) => {
    const found = await ask(scopes);
    if (!found || !("token" in found)) throw new Error("no assertion");
    return decodeJwt(found.token);
  };
  return { ask, claims, session };
}

const says = (who: Partial<EntraIdentity>) => {
  sessions.upstream.who = () => ({ claims: WHO, roles: [], groups: [], ...who });
};

describe("an assertion", () => {
  it("GW-15 lives ten minutes, and the gateway gives it for half of them", async () => {
    const { ask } = await connected();
    const found = await ask();
    if (!found || !("token" in found)) throw new Error("no assertion");
    const { iat = 0, exp } = decodeJwt(found.token);
    expect(exp).toBe(iat + 600);
    expect(found.cacheSeconds).toBe(300);
    expect(decodeProtectedHeader(found.token)).toMatchObject({ typ: "mcp-assertion+jwt", alg: "RS256" });
  });

  it("GW-15 lives as long as is configured, and is kept for half of that", async () => {
    const identity = { assertion: { audience: AUDIENCE, lifetime: 61 } };
    const { ask, claims } = await connected(contextWith({ identity }));
    const { iat = 0, exp } = await claims();
    expect(exp).toBe(iat + 61);
    expect(await ask()).toMatchObject({ cacheSeconds: 30 });
  });

  it("GW-15 SES-3 ends with the session at the latest", async () => {
    const { ask, claims } = await connected(contextWith({}, { session: 700 }));
    sessions.clock.advance(600);
    const { iat = 0, exp } = await claims();
    expect(exp).toBe(iat + 100);
    expect(await ask()).toMatchObject({ cacheSeconds: 50 });
    sessions.clock.advance(100);
    expect(await ask()).toBeUndefined();
  });

  it("GW-15 names no scope that the access token or the session lacks", async () => {
    const { claims } = await connected();
    expect(await claims()).toMatchObject({ scope: "files.read files.write" });
    expect(await claims(["files.read"])).toMatchObject({ scope: "files.read" });
    expect(await claims(["files.read", "files.admin"])).toMatchObject({ scope: "files.read" });
    expect(await claims([])).toMatchObject({ scope: "" });
  });

  it("GW-15 holds the personal data that is configured, and what Entra says about the sign-in", async () => {
    const { claims } = await connected();
    const personal = { name: "Mira Okafor", preferred_username: "mira@x.example", email: "m@x.example" };
    const aboutSignIn = { auth_time: 1700000000, acr: "1", amr: ["pwd"] };
    says({
      claims: { ...WHO, ...personal, ...aboutSignIn, ipaddr: "203.0.113.4" },
      roles: ["A"],
      groups: ["g"],
    });
    expect(await claims()).toEqual({
      iss: ISSUER,
      sub: expect.stringMatching(/^[\w-]{43}$/),
      aud: AUDIENCE,
      client_id: "client",
      scope: "files.read files.write",
      jti: expect.any(String),
      sid: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
      ...WHO,
      name: "Mira Okafor",
      ...aboutSignIn,
      roles: ["A"],
      groups: ["g"],
    });
  });

  it("GW-15 says nothing of what Entra did not say: no role, no group, and groups that were too many", async () => {
    const { claims } = await connected();
    says({ groups: "overage" });
    for (const name of ["roles", "groups", "name", "auth_time", "acr", "amr"]) {
      expect(await claims()).not.toHaveProperty(name);
    }
  });

  it("GW-15 is another one each time, and never an access token", async () => {
    const { ask } = await connected();
    const [one, other] = [await ask(), await ask()];
    if (!one || !("token" in one) || !other || !("token" in other)) throw new Error("no assertion");
    expect(decodeJwt(one.token).jti).not.toBe(decodeJwt(other.token).jti);
    expect(await readAccessToken(sessions.keys, ISSUER, one.token)).toBeUndefined();
  });

  it("GW-15 that no server gets is for the gateway alone", async () => {
    const { claims } = await connected(contextWith({ identity: "none" }));
    expect(await claims()).toMatchObject({ aud: ISSUER, ...WHO });
    expect(await claims()).not.toHaveProperty("name");
  });
});

describe("no assertion comes", () => {
  it("GW-15 for a server that has another name now, nor for one that took the name", async () => {
    const { ask } = await connected();
    const renamed = resolvedGateway({
      servers: [
        { ...files, name: "archive", path: "/mcp" },
        { ...files, path: "/files/mcp", identity: { assertion: { audience: "https://other.example" } } },
      ],
    });
    expect(await ask(undefined, sessions.instance({ gateway: renamed }))).toBeUndefined();
  });

  it("GW-15 with the id token of another person", async () => {
    const { ask } = await connected();
    for (const claims of [{ ...WHO, oid: "another" }, { ...WHO, tid: "another" }, {}]) {
      says({ claims });
      expect(await failureOf(ask())).toMatchObject({
        kind: "refused",
        message: /id_token_of_another_person/,
      });
    }
  });

  it("GW-15 CAL-3 for a person who lost the role, nor when Entra refuses to renew", async () => {
    const { ask } = await connected(contextWith({ access: { roles: ["Files.Reader"] } }));
    expect(await ask()).toBeUndefined();
    says({ roles: ["Files.Reader"] });
    expect(await ask()).toMatchObject({ cacheSeconds: 300 });
    sessions.upstream.who = () => Promise.reject(new UpstreamError("refused", "AADSTS50057"));
    expect(await failureOf(ask())).toMatchObject({ kind: "refused" });
  });
});

describe("what it costs", () => {
  it("GW-15 is one point read, and one conditional write when Entra renewed what is kept", async () => {
    const { ask, session } = await connected();
    sessions.store.operations();
    await ask();
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
    says({ renewed: { cache: "renewed", account: "account" } });
    await ask();
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    expect(JSON.stringify(await sessions.stored(session))).not.toContain("renewed");
  });
});
