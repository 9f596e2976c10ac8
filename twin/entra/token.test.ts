import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DemoUser, EntraApplicationRegistration } from "./directory.ts";
import { type Changes, type Driving, drive, JWT_BEARER } from "./driving.ts";

const HOUR_MS = 3_600_000;
let driving: Driving;
let user: DemoUser;

beforeEach(async () => {
  driving = await drive();
  user = driving.tenant.users[0] as DemoUser;
});
afterEach(async () => {
  vi.useRealTimers();
  await driving.entra.stop();
});

const passes = (milliseconds: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });

/** The answer to a good redemption of a fresh code. */
async function signedIn(): Promise<Record<"access_token" | "id_token" | "refresh_token", string>> {
  const answer = await driving.token({ code: await driving.code(user.oid) });
  expect(answer.status).toBe(200);
  return answer.body as Record<"access_token" | "id_token" | "refresh_token", string>;
}

/** The same claims under another key. */
async function forge(token: string, claims: JWTPayload = decodeJwt(token)): Promise<string> {
  const { privateKey } = await generateKeyPair("RS256");
  const { kid = "" } = decodeProtectedHeader(token);
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
}

describe("the token endpoint", () => {
  it("answers an error as Entra does", async () => {
    const { status, body } = await driving.token({ code: "nonsense" });
    expect(status).toBe(400);
    expect(body).toEqual({
      error: "invalid_grant",
      error_description: expect.stringMatching(
        /^AADSTS9002313: .+\r\nTrace ID: .+\r\nCorrelation ID: .+\r\nTimestamp: .+Z$/,
      ),
      error_codes: [9002313],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.any(String),
      correlation_id: expect.any(String),
      error_uri: expect.stringContaining("9002313"),
    });
  });

  it.each<[string, Changes, number, number, string]>([
    ["no grant type", { grant_type: undefined }, 400, 900144, "invalid_request"],
    ["another grant type", { grant_type: "password" }, 400, 70003, "unsupported_grant_type"],
    ["a resource parameter", { resource: "http://localhost:8080/mcp" }, 400, 9010010, "invalid_target"],
    ["no client", { client_id: undefined }, 400, 900144, "invalid_request"],
    ["an unknown client", { client_id: "nobody" }, 400, 700016, "unauthorized_client"],
    ["no credential", { client_assertion: undefined }, 401, 7000218, "invalid_client"],
    ["a client secret", { client_secret: "hunter2" }, 401, 7000215, "invalid_client"],
    ["an assertion that is no JWT", { client_assertion: "nonsense" }, 401, 50027, "invalid_client"],
    ["another assertion type", { client_assertion_type: "saml" }, 400, 9002313, "invalid_request"],
    ["no code", { code: undefined }, 400, 900144, "invalid_request"],
  ])("refuses %s", async (_what, form, status, aadsts, error) => {
    const answer = await driving.token(form);
    expect(answer).toMatchObject({ status, aadsts, body: { error } });
  });

  it("refuses a field that stands twice, a body of another type, GET and a huge body", async () => {
    const url = `${driving.entra.url}/${driving.tenant.tenantId}/oauth2/v2.0/token`;
    const send = async (init: RequestInit) => (await fetch(url, init)).text();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const twice = "grant_type=a&grant_type=b";
    expect(await send({ method: "POST", headers, body: twice })).toContain("AADSTS9002313");
    expect(await send({ method: "POST", body: '{"grant_type":"refresh_token"}' })).toContain("AADSTS900144");
    expect(await send({ method: "GET" })).toContain("AADSTS900561");
    const huge = await fetch(url, { method: "POST", headers, body: "a".repeat(100_000) });
    expect(huge.status).toBe(413);
  });

  it("answers 404 to paths that Entra's apps do not use here", async () => {
    const response = await fetch(`${driving.entra.url}/${driving.tenant.tenantId}/oauth2/token`);
    expect(response.status).toBe(404);
    expect(driving.entra.requests.unknown).toBe(1);
  });
});

describe("client assertions", () => {
  it.each<[string, number, () => Promise<string>]>([
    ["another identity's token", 700213, () => driving.assertion(driving.tenant.identity.graphMcp)],
    [
      "a token for another audience",
      700212,
      () => driving.assertion(driving.tenant.identity.authorizationServer, driving.tenant.signIn.clientId),
    ],
    [
      "another issuer's token",
      700211,
      async () => {
        const token = await driving.assertion(driving.tenant.identity.authorizationServer);
        return forge(token, { ...decodeJwt(token), iss: "https://evil.example/v2.0" });
      },
    ],
    [
      "a forged signature",
      700027,
      async () => forge(await driving.assertion(driving.tenant.identity.authorizationServer)),
    ],
  ])("refuses %s", async (_what, aadsts, assertion) => {
    const answer = await driving.token({
      code: await driving.code(user.oid),
      client_assertion: await assertion(),
    });
    expect(answer).toMatchObject({ status: 401, aadsts, body: { error: "invalid_client" } });
  });

  it("refuses one that has ended", async () => {
    const client_assertion = await driving.assertion(driving.tenant.identity.authorizationServer);
    passes(25 * HOUR_MS);
    expect(await driving.token({ code: "x", client_assertion })).toMatchObject({
      status: 401,
      aadsts: 700024,
    });
  });

  it("refuses a user's token, even one that a federated credential names", async () => {
    const { sub = "" } = decodeJwt((await signedIn()).access_token);
    const { signIn, graphMcp } = driving.tenant;
    const trusting: EntraApplicationRegistration = {
      ...signIn,
      federatedCredentials: [...signIn.federatedCredentials, { subject: sub, audience: graphMcp.clientId }],
    };
    const other = await drive({ applications: [trusting, graphMcp] });
    const { body } = await other.token({ code: await other.code(user.oid) });
    const answer = await other.token({ code: "x", client_assertion: String(body["access_token"]) });
    expect(answer).toMatchObject({ status: 401, aadsts: 700229 });
    await other.entra.stop();
  });
});

describe("the authorization code grant", () => {
  it("redeems a code once, of many at the same moment", async () => {
    const code = await driving.code(user.oid);
    const answers = await Promise.all(Array.from({ length: 10 }, () => driving.token({ code })));
    expect(answers.filter((each) => each.status === 200)).toHaveLength(1);
    expect(answers.filter((each) => each.aadsts === 54005)).toHaveLength(9);
  });

  it("ends a code after 10 minutes", async () => {
    const code = await driving.code(user.oid);
    passes(11 * 60_000);
    expect(await driving.token({ code })).toMatchObject({ aadsts: 70008, body: { error: "invalid_grant" } });
  });

  it.each<[string, Changes, number, string]>([
    ["a wrong verifier", { code_verifier: "wrong" }, 501481, "invalid_grant"],
    ["no verifier", { code_verifier: undefined }, 501481, "invalid_grant"],
    ["another redirect URI", { redirect_uri: "http://localhost:8080/other" }, 500112, "invalid_client"],
  ])("refuses %s", async (_what, form, aadsts, error) => {
    const code = await driving.code(user.oid);
    expect(await driving.token({ code, ...form })).toMatchObject({ status: 400, aadsts, body: { error } });
  });

  it("refuses a code of another client", async () => {
    const { graphMcp, identity } = driving.tenant;
    const answer = await driving.token({
      code: await driving.code(user.oid),
      client_id: graphMcp.clientId,
      client_assertion: await driving.assertion(identity.graphMcp),
    });
    expect(answer).toMatchObject({ aadsts: 70000, body: { error: "invalid_grant" } });
  });

  it("refuses the code of a user who was revoked since", async () => {
    const code = await driving.code(user.oid);
    driving.entra.revokeUser(user.oid);
    expect(await driving.token({ code })).toMatchObject({ aadsts: 50173 });
  });

  it("gives no refresh token without offline_access and no ID token without openid", async () => {
    const scope = `api://${driving.tenant.graphMcp.clientId}/Mcp.Access`;
    const { body } = await driving.token({ code: await driving.code(user.oid), scope });
    expect(Object.keys(body).sort()).toEqual([
      "access_token",
      "expires_in",
      "ext_expires_in",
      "scope",
      "token_type",
    ]);
    expect(body["scope"]).toBe(scope);
  });

  it("says who the user is and of which tenant only to a client that asks for profile", async () => {
    const scopes = `api://${driving.tenant.graphMcp.clientId}/Mcp.Access openid`;
    for (const [scope, oid, tid] of [
      [scopes, undefined, undefined],
      [`${scopes} profile`, user.oid, driving.tenant.tenantId],
    ]) {
      const { body } = await driving.token({ code: await driving.code(user.oid), scope });
      for (const token of [body["access_token"], body["id_token"]]) {
        const claims = decodeJwt(String(token));
        expect([claims["oid"], claims["tid"]]).toEqual([oid, tid]);
        expect(claims.sub).toMatch(/^[\w-]{43}$/);
      }
    }
  });

  it("keeps to the lifetime it was told", async () => {
    const short = await drive({ accessTokenLifetime: 7 });
    const { body } = await short.token({ code: await short.code(user.oid) });
    const { exp = 0, iat = 0 } = decodeJwt(String(body["access_token"]));
    expect([body["expires_in"], exp - iat]).toEqual([7, 7]);
    await short.entra.stop();
  });
});

describe("the refresh token grant", () => {
  const renew = (refresh_token: string, form: Changes = {}) =>
    driving.token({ grant_type: "refresh_token", refresh_token, ...form });

  it("rotates, and the old one stays good", async () => {
    const { refresh_token } = await signedIn();
    const next = await renew(refresh_token);
    expect(next.status).toBe(200);
    expect(next.body["refresh_token"]).not.toBe(refresh_token);
    expect((await renew(refresh_token)).status).toBe(200);
  });

  it("serves every resource the client has consent for", async () => {
    const { applications, graphMcp, signIn } = driving.tenant;
    const second: EntraApplicationRegistration = {
      ...graphMcp,
      clientId: "5b1c2d3e-0000-4000-8000-000000000001",
      displayName: "Second API",
      identifierUris: ["api://second"],
      scopes: [{ value: "Read" }, { value: "Write" }],
      requestedAccessTokenVersion: 1,
    };
    const client: EntraApplicationRegistration = {
      ...signIn,
      delegatedPermissions: [
        ...signIn.delegatedPermissions,
        { resourceClientId: second.clientId, scopes: ["Read"] },
      ],
    };
    const other = await drive({
      applications: [client, second, ...applications.filter((each) => each !== signIn)],
    });
    const { body } = await other.token({ code: await other.code(user.oid) });
    const form = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };

    const granted = await other.token({ ...form, scope: "api://second/.default" });
    expect(granted.body["scope"]).toBe("api://second/Read");
    expect(decodeJwt(String(granted.body["access_token"]))).toMatchObject({
      aud: "api://second",
      ver: "1.0",
      scp: "Read",
      appid: signIn.clientId,
    });
    const denied = await other.token({ ...form, scope: "api://second/Write" });
    expect(denied).toMatchObject({
      aadsts: 65001,
      body: { error: "invalid_grant", suberror: "consent_required" },
    });
    await other.entra.stop();
  });

  it("refuses what is not a refresh token, another client's, a revoked user's and one unused for 90 days", async () => {
    const { refresh_token, access_token } = await signedIn();
    expect(await renew(access_token)).toMatchObject({ aadsts: 9002313, body: { error: "invalid_grant" } });
    const { graphMcp, identity } = driving.tenant;
    expect(
      await renew(refresh_token, {
        client_id: graphMcp.clientId,
        client_assertion: await driving.assertion(identity.graphMcp),
      }),
    ).toMatchObject({ aadsts: 70000 });
    passes(91 * 24 * HOUR_MS);
    expect(await renew(refresh_token)).toMatchObject({ aadsts: 700082 });
    vi.useRealTimers();
    driving.entra.revokeUser(user.oid);
    expect(await renew(refresh_token)).toMatchObject({ aadsts: 50173, body: { error: "invalid_grant" } });
  });
});

describe("the On-Behalf-Of grant", () => {
  const exchange = async (assertion: string, form: Changes = {}) =>
    driving.token({
      grant_type: JWT_BEARER,
      requested_token_use: "on_behalf_of",
      assertion,
      client_id: driving.tenant.graphMcp.clientId,
      client_assertion: await driving.assertion(driving.tenant.identity.graphMcp),
      scope: "https://graph.microsoft.com/User.Read",
      ...form,
    });

  it("exchanges a token for the caller", async () => {
    const answer = await exchange((await signedIn()).access_token);
    expect(answer.status).toBe(200);
    expect(decodeJwt(String(answer.body["access_token"]))["oid"]).toBe(user.oid);
  });

  it("knows the user also where the token does not say who it is", async () => {
    const scope = `api://${driving.tenant.graphMcp.clientId}/Mcp.Access`;
    const { body } = await driving.token({ code: await driving.code(user.oid), scope });
    const answer = await exchange(String(body["access_token"]));
    expect(decodeJwt(String(answer.body["access_token"]))).toMatchObject({ name: user.displayName });
  });

  it("refuses a forged token, one for another app, an ended one, an app's and an ID token", async () => {
    const { access_token, id_token } = await signedIn();
    const { signIn, graphMcp, identity } = driving.tenant;
    expect(await exchange(await forge(access_token))).toMatchObject({
      aadsts: 50013,
      body: { error: "invalid_grant" },
    });
    expect(await exchange("nonsense")).toMatchObject({ aadsts: 50013 });
    expect(await exchange(id_token)).toMatchObject({ aadsts: 500131 });
    const asSignIn = {
      client_id: signIn.clientId,
      client_assertion: await driving.assertion(identity.authorizationServer),
    };
    expect(await exchange(id_token, asSignIn)).toMatchObject({ aadsts: 240002 });
    const ofApp = await driving.assertion(identity.gateway, graphMcp.clientId);
    expect(await exchange(ofApp)).toMatchObject({ aadsts: 7000114 });
    passes(2 * HOUR_MS);
    expect(await exchange(access_token)).toMatchObject({ aadsts: 500133 });
  });

  it("refuses a resource without consent, another use, and a user who owes a second factor", async () => {
    const { access_token } = await signedIn();
    const scope = `api://${driving.tenant.signIn.clientId}/.default`;
    expect(await exchange(access_token, { scope })).toMatchObject({ aadsts: 65001 });
    expect(await exchange(access_token, { requested_token_use: "other" })).toMatchObject({ aadsts: 9002313 });
    driving.entra.requireMultifactor(user.oid);
    const { body } = await exchange(access_token);
    expect(body["error"]).toBe("interaction_required");
    expect(JSON.parse(String(body["claims"]))).toHaveProperty("access_token");
  });
});

describe("metadata", () => {
  it("publishes what it serves", async () => {
    const authority = `${driving.entra.url}/${driving.tenant.tenantId}`;
    const response = await fetch(`${authority}/v2.0/.well-known/openid-configuration`);
    const document = (await response.json()) as Record<string, string>;
    expect(document["issuer"]).toBe(`${authority}/v2.0`);
    const keys = await (await fetch(String(document["jwks_uri"]))).json();
    expect(keys).toMatchObject({ keys: [{ kty: "RSA", use: "sig", kid: expect.any(String) }] });
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });
});
