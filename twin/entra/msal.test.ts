import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type EntraApplication, entraClients, entraTokenVerifier } from "../../functions/platform/entra.ts";
import { startGraph } from "../graph/start.ts";
import { demoTenant } from "./demo-tenant.ts";
import { type DemoUser, TOKEN_EXCHANGE_AUDIENCE } from "./directory.ts";
import { type Driving, drive, VERIFIER } from "./driving.ts";

let driving: Driving;
let signInApp: EntraApplication;
let graphMcpApp: EntraApplication;
let scopes: string[];
const [mira, , tess] = demoTenant("http://localhost").users as [DemoUser, DemoUser, DemoUser];

// One stand-in for all: a process keeps the tokens of its managed identities wherever they came from.
beforeAll(async () => {
  driving = await drive();
  const { entra, tenant } = driving;
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
  const common = {
    authorityHost: entra.url,
    tenantId: tenant.tenantId,
    furtherTenantIds: [],
    tokenExchangeAudience: TOKEN_EXCHANGE_AUDIENCE,
  };
  signInApp = {
    ...common,
    clientId: tenant.signIn.clientId,
    managedIdentityClientId: tenant.identity.authorizationServer.clientId,
  };
  graphMcpApp = {
    ...common,
    clientId: tenant.graphMcp.clientId,
    managedIdentityClientId: tenant.identity.graphMcp.clientId,
  };
  scopes = [`api://${tenant.graphMcp.clientId}/Mcp.Access`];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await driving.entra.stop();
});

/** Signs a user in as the authorization server does. */
async function signIn(user: DemoUser) {
  const client = entraClients(signInApp)();
  const url = await client.getAuthCodeUrl({
    scopes,
    redirectUri: driving.redirectUri,
    codeChallenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    codeChallengeMethod: "S256",
    state: "a+/=",
    nonce: "n-1",
  });
  const back = await driving.signIn(url, user.oid);
  expect(back.searchParams.get("state")).toBe("a+/=");
  const code = back.searchParams.get("code") ?? "";
  const redemption = { scopes, redirectUri: driving.redirectUri, code, codeVerifier: VERIFIER, nonce: "n-1" };
  const result = await client.acquireTokenByCode(redemption);
  if (!result.account) throw new Error("no account");
  return { client, result, account: result.account };
}

function decodes(secret: string, claims: Readonly<Record<string, string>>): boolean {
  if (!secret.startsWith("ey")) return false;
  const decoded = decodeJwt(secret);
  return Object.entries(claims).every(([name, value]) => decoded[name] === value);
}

describe("the Entra stand-in with the real msal-node", () => {
  it("signs a user in by code, PKCE and a managed identity's assertion", async () => {
    const { result, account } = await signIn(mira);
    expect(account).toMatchObject({ localAccountId: mira.oid, username: mira.userPrincipalName });
    expect(result.scopes).toEqual(scopes);
    const { tenantId, signIn: signInRegistration, graphMcp } = driving.tenant;
    expect(result.idTokenClaims).toMatchObject({
      aud: signInRegistration.clientId,
      iss: `${driving.entra.url}/${tenantId}/v2.0`,
      nonce: "n-1",
      oid: mira.oid,
      preferred_username: mira.userPrincipalName,
      tid: tenantId,
      ver: "2.0",
    });

    const verify = entraTokenVerifier({ ...signInApp, clientId: graphMcp.clientId });
    const claims = await verify(result.accessToken);
    expect(claims).toMatchObject({
      azp: signInRegistration.clientId,
      azpacr: "2",
      oid: mira.oid,
      scp: "Mcp.Access",
      roles: ["Mcp.User"],
      tid: tenantId,
      ver: "2.0",
    });
    expect(claims.sub).not.toBe((result.idTokenClaims as { sub: string }).sub);
    const lifetime = (claims.exp ?? 0) - (claims.iat ?? 0);
    expect(lifetime).toBeGreaterThanOrEqual(3600);
    expect(lifetime).toBeLessThanOrEqual(5400);
  });

  it("gives a user without the app role a token without roles", async () => {
    const { result } = await signIn(tess);
    expect(decodeJwt(result.accessToken)["roles"]).toBeUndefined();
  });

  it("serves a silent request from msal's cache, and a forced one by the refresh token", async () => {
    const { client, result, account } = await signIn(mira);
    const cached = await client.acquireTokenSilent({ account, scopes });
    expect(cached?.accessToken).toBe(result.accessToken);
    const asked = driving.entra.requests.token;
    const fresh = await client.acquireTokenSilent({ account, scopes, forceRefresh: true });
    expect(fresh?.accessToken).not.toBe(result.accessToken);
    expect(driving.entra.requests.token).toBe(asked + 1);
  });

  it("lets the cache move to another client by its serialized form", async () => {
    const { client, account } = await signIn(mira);
    const other = entraClients(signInApp)();
    other.getTokenCache().deserialize(client.getTokenCache().serialize());
    const fresh = await other.acquireTokenSilent({ account, scopes, forceRefresh: true });
    expect(decodeJwt(fresh?.accessToken ?? "")["oid"]).toBe(mira.oid);
  });

  it("tells msal that a revoked user must sign in again, and lets a new sign-in through", async () => {
    const { client, account } = await signIn(mira);
    driving.entra.revokeUser(mira.oid);
    await expect(client.acquireTokenSilent({ account, scopes, forceRefresh: true })).rejects.toMatchObject({
      errorCode: "invalid_grant",
      message: expect.stringContaining("AADSTS50173"),
    });
    const again = await signIn(mira);
    await again.client.acquireTokenSilent({ account: again.account, scopes, forceRefresh: true });
  });

  it("asks msal for a second factor with a claims challenge, until the next sign-in", async () => {
    const { client, account } = await signIn(mira);
    driving.entra.requireMultifactor(mira.oid);
    await expect(client.acquireTokenSilent({ account, scopes, forceRefresh: true })).rejects.toMatchObject({
      name: "InteractionRequiredAuthError",
      errorCode: "interaction_required",
      claims: expect.stringContaining("access_token"),
    });
    await signIn(mira);
    await client.acquireTokenSilent({ account, scopes, forceRefresh: true });
  });

  it("exchanges the user's token On-Behalf-Of for one to Graph, which answers with the profile", async () => {
    const { result } = await signIn(mira);
    const graphScopes = ["https://graph.microsoft.com/User.Read"];
    const exchanged = await entraClients(graphMcpApp)().acquireTokenOnBehalfOf({
      oboAssertion: result.accessToken,
      scopes: graphScopes,
    });
    const accessToken = exchanged?.accessToken ?? "";
    expect(decodeJwt(accessToken)).toMatchObject({
      aud: "https://graph.microsoft.com",
      scp: "User.Read profile openid email",
    });

    const { entra, tenant } = driving;
    const graph = await startGraph({
      authorityHost: entra.url,
      tenantId: tenant.tenantId,
      users: tenant.users,
      log: () => undefined,
    });
    const response = await fetch(`${graph.url}/v1.0/me`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    await expect(response.json()).resolves.toMatchObject({ displayName: "Mira Okafor", id: mira.oid });
    await graph.stop();
  });

  it("refuses the exchange to an app that the token was not made for", async () => {
    const { result } = await signIn(mira);
    const wrongApp = entraClients(signInApp)();
    await expect(
      wrongApp.acquireTokenOnBehalfOf({ oboAssertion: result.accessToken, scopes }),
    ).rejects.toThrow("AADSTS500131");
  });

  it("needs no request of msal beyond authorize, token and the managed identity", async () => {
    await signIn(mira);
    expect(driving.entra.requests).toMatchObject({ unknown: 0, openidConfiguration: 0 });
  });

  it("records every secret it issued and logs none of them", async () => {
    const { result } = await signIn(mira);
    const issued = driving.entra.issued();
    expect(issued).toContain(result.accessToken);
    expect(issued).toContain(result.idToken);
    expect(issued).toContain(VERIFIER);
    const sealed = issued.filter((secret) => secret.startsWith("1."));
    expect(sealed.some((secret) => secret.includes(".."))).toBe(true); // a refresh token
    expect(sealed.some((secret) => !secret.includes(".."))).toBe(true); // a code
    expect(issued.some((secret) => decodes(secret, { aud: "api://AzureADTokenExchange" }))).toBe(true);
    const logged = driving.lines.map((line) => line.message).join("\n");
    expect(logged).toContain("token_issued");
    for (const secret of issued) expect(logged).not.toContain(secret);
  });
});
