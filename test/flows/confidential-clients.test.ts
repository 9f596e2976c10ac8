import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Changes, OAuthClient, send, tokensOf, withChanges } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

/** Clients that prove who they are at the token endpoint, through the gateway. */
const MIRA = "Mira Okafor";
const REDIRECT_URI = "http://localhost:9999/callback";
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const secret = randomBytes(32).toString("base64url");

let key: CryptoKey;
let strangersKey: CryptoKey;
let jwks: { keys: Record<string, unknown>[] };
const twin = useOwnTwin(async () => {
  const [own, strangers] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  key = own.privateKey;
  strangersKey = strangers.privateKey;
  jwks = { keys: [{ ...(await exportJWK(own.publicKey)) }] };
  const client = { name: "Partner", redirectUris: [REDIRECT_URI] };
  const secretHash = createHash("sha256").update(secret).digest("base64url");
  return {
    clients: [
      { ...client, id: "partner-key", auth: { jwks } },
      { ...client, id: "partner-secret", auth: { secretHash } },
    ],
  };
});
let person: Person;
/** Registered with a key; configured with a key; configured with a secret's hash. */
let registered: OAuthClient;
let withKey: OAuthClient;
let withSecret: OAuthClient;

beforeAll(async () => {
  person = new Person(twin);
  registered = await OAuthClient.register(twin.origin, {
    token_endpoint_auth_method: "private_key_jwt",
    jwks,
  });
  withKey = new OAuthClient(twin.origin, "partner-key");
  withSecret = new OAuthClient(twin.origin, "partner-secret");
});

beforeEach(() => twin.cosmos.resetOperations());

async function assertion(client: OAuthClient, changes: object = {}, signer = key): Promise<Changes> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: client.id,
    sub: client.id,
    aud: twin.origin,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...changes,
  };
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(signer);
  return { client_assertion, client_assertion_type: JWT_BEARER };
}

const basic = (id: string, password: string) =>
  `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}`;

describe("a client with a key", () => {
  it("CLI-1 is told that it registered one", async () => {
    const answer = await send(`${twin.origin}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "private_key_jwt",
        jwks,
      }),
    });
    expect(answer).toMatchObject({
      status: 201,
      json: { token_endpoint_auth_method: "private_key_jwt", jwks, client_id: expect.stringMatching(/^k\./) },
    });
    expect(answer.json).not.toHaveProperty("client_secret");
  });

  it.each(["registered", "configured"])("CLI-1 CLI-5 signs in, refreshes and revokes: %s", async (which) => {
    const client = which === "registered" ? registered : withKey;
    const { request, code } = await client.authorize(person, MIRA);
    twin.cosmos.resetOperations();
    const first = tokensOf(await client.redeem(request, code, await assertion(client)));
    expect(twin.cosmos.operations()).toEqual({
      ...(which === "registered" ? { "clients read": 1 } : {}),
      "sessions read": 1,
      "sessions replace": 1,
    });
    const forEndpoint = await assertion(client, { aud: `${twin.origin}/token` });
    const second = tokensOf(await client.refresh(first.refreshToken, forEndpoint));
    expect((await client.callTool(twin.mcpUrl, second.accessToken, "whoami")).status).toBe(200);
    expect((await client.revoke(second.refreshToken, await assertion(client))).status).toBe(200);
    expect((await client.callTool(twin.mcpUrl, second.accessToken, "whoami")).status).toBe(401);
  });

  it.each(["registered", "configured"])(
    "CLI-5 gets nothing without its assertion or with another's, and its code stays good: %s",
    async (which) => {
      const client = which === "registered" ? registered : withKey;
      const { request, code } = await client.authorize(person, MIRA);
      const refused = [
        {},
        { client_secret: secret },
        await assertion(client, {}, strangersKey),
        await assertion(client, { aud: "https://evil.example" }),
        await assertion(client, { exp: 1 }),
        await assertion(client, { iss: "partner" }),
      ];
      for (const changes of refused) {
        expect(await client.redeem(request, code, changes)).toMatchObject({
          status: 401,
          json: { error: "invalid_client" },
        });
      }
      const used = await assertion(client);
      tokensOf(await client.redeem(request, code, used));
      expect((await client.refresh("rt.x", used)).status).toBe(401);
    },
  );

  it("CLI-5 has its refresh token refused to a thief who has no key, and kept for itself", async () => {
    const { request, code } = await withKey.authorize(person, MIRA);
    const { refreshToken } = tokensOf(await withKey.redeem(request, code, await assertion(withKey)));
    expect((await withKey.refresh(refreshToken)).status).toBe(401);
    expect((await withKey.revoke(refreshToken)).status).toBe(401);
    const other = await assertion(registered);
    const asOther = { ...other, client_id: registered.id };
    expect((await withKey.refresh(refreshToken, asOther)).json["error"]).toBe("invalid_grant");
    expect((await withKey.refresh(refreshToken, await assertion(withKey))).status).toBe(200);
  });

  it("CLI-2 keeps its method for as long as it is registered", async () => {
    const register = await send(`${twin.origin}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "private_key_jwt",
        jwks,
      }),
    });
    const { client_id, registration_client_uri, registration_access_token } = register.json;
    const answer = await send(String(registration_client_uri), {
      method: "PUT",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${String(registration_access_token)}`,
      },
      body: JSON.stringify({ client_id, redirect_uris: [REDIRECT_URI] }),
    });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client_metadata" } });
  });
});

describe("a client with a secret", () => {
  const post = (form: Changes, authorization?: string) =>
    send(`${twin.origin}/token`, {
      method: "POST",
      headers: authorization === undefined ? {} : { authorization },
      body: withChanges({ grant_type: "authorization_code" }, form),
    });

  const redemption = async () => {
    const { request, code } = await withSecret.authorize(person, MIRA);
    return { code, code_verifier: request.verifier, redirect_uri: request.redirectUri };
  };

  it("CLI-5 shows it by HTTP Basic or in the form", async () => {
    tokensOf(await post(await redemption(), basic("partner-secret", secret)));
    const form = { ...(await redemption()), client_id: "partner-secret", client_secret: secret };
    const { refreshToken } = tokensOf(await post(form));
    const revoked = await send(`${twin.origin}/revoke`, {
      method: "POST",
      headers: { authorization: basic("partner-secret", secret) },
      body: new URLSearchParams({ token: refreshToken }),
    });
    expect(revoked.status).toBe(200);
  });

  it("CLI-5 gets nothing with another secret, the hash, or none, and its code stays good", async () => {
    const form = await redemption();
    const hash = createHash("sha256").update(secret).digest("base64url");
    for (const wrong of ["x", hash, `${secret}x`, secret.slice(1)]) {
      const answer = await post(form, basic("partner-secret", wrong));
      expect(answer).toMatchObject({ status: 401, json: { error: "invalid_client" } });
      expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
      const inForm = { ...form, client_id: "partner-secret", client_secret: wrong };
      expect((await post(inForm)).headers.get("www-authenticate")).toBeNull();
      expect((await post(inForm)).status).toBe(401);
    }
    expect((await post({ ...form, client_id: "partner-secret" })).status).toBe(401);
    expect((await post(form, basic("partner-secret", ""))).status).toBe(401);
    tokensOf(await post(form, basic("partner-secret", secret)));
  });

  it("TOK-2 authenticates in one way at a time", async () => {
    const both = { ...(await redemption()), client_id: "partner-secret", client_secret: secret };
    expect(await post(both, basic("partner-secret", secret))).toMatchObject({
      status: 400,
      json: { error: "invalid_request" },
    });
  });

  it("CLI-5 DIS-6 is what the metadata invites to, and the secret is in no log line and no document", async () => {
    const { json } = await send(`${twin.origin}/.well-known/oauth-authorization-server`);
    expect(json["token_endpoint_auth_methods_supported"]).toEqual([
      "none",
      "private_key_jwt",
      "client_secret_basic",
      "client_secret_post",
    ]);
    expect(JSON.stringify([await twin.allLogs(), await twin.cosmos.documents()])).not.toContain(secret);
  });
});

describe.each(["client_secret_basic", "client_secret_post"])("a client that registered for %s", (method) => {
  const other = method === "client_secret_basic" ? "client_secret_post" : "client_secret_basic";
  let client: OAuthClient;
  beforeAll(async () => {
    client = await OAuthClient.register(twin.origin, { token_endpoint_auth_method: method });
    // The first sign-in of all renews the registration.
    await client.authorize(person, MIRA);
  });
  beforeEach(() => twin.cosmos.resetOperations());

  /** Sends a form with a secret in the way of a method. */
  const post = (path: string, form: Changes, way: string, given: string | undefined) => {
    const inForm = way === "client_secret_post" ? { client_id: client.id, client_secret: given } : {};
    return send(`${twin.origin}${path}`, {
      method: "POST",
      headers: way === "client_secret_basic" ? { authorization: basic(client.id, given ?? "") } : {},
      body: withChanges({}, { ...inForm, ...form }),
    });
  };
  const redemption = async (): Promise<Changes> => {
    const { request, code } = await client.authorize(person, MIRA);
    const { verifier, redirectUri } = request;
    return {
      grant_type: "authorization_code",
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    };
  };
  const refreshing = (refreshToken: string) => ({ grant_type: "refresh_token", refresh_token: refreshToken });

  it("CLI-11 gets its secret once, signs in, refreshes and revokes with it, by one read more each", async () => {
    expect(client.secret).toMatch(/^[\w-]{43}$/);
    const form = await redemption();
    twin.cosmos.resetOperations();
    const first = tokensOf(await post("/token", form, method, client.secret));
    expect(twin.cosmos.operations()).toEqual({
      "clients read": 1,
      "sessions read": 1,
      "sessions replace": 1,
    });
    const second = tokensOf(await post("/token", refreshing(first.refreshToken), method, client.secret));
    expect((await client.callTool(twin.mcpUrl, second.accessToken, "whoami")).status).toBe(200);
    const revoked = await post("/revoke", { token: second.refreshToken }, method, client.secret);
    expect(revoked.status).toBe(200);
    expect((await client.callTool(twin.mcpUrl, second.accessToken, "whoami")).status).toBe(401);
  });

  it("CLI-11 gets nothing without its secret, with another, or in another way, and its code stays good", async () => {
    const stranger = await OAuthClient.register(twin.origin, { token_endpoint_auth_method: method });
    const form = await redemption();
    const hash = createHash("sha256")
      .update(client.secret ?? "")
      .digest("base64url");
    const refused = async (path: string, fields: Changes) => {
      for (const wrong of ["x", hash, stranger.secret, `${client.secret}x`, ""]) {
        const answer = await post(path, fields, method, wrong);
        expect(answer).toMatchObject({ status: 401, json: { error: "invalid_client" } });
      }
      expect((await post(path, fields, other, client.secret)).status).toBe(401);
      expect((await post(path, { ...fields, client_id: client.id }, "none", undefined)).status).toBe(401);
      expect((await post(path, { ...fields, ...(await assertion(client)) }, "none", undefined)).status).toBe(
        401,
      );
    };
    await refused("/token", form);
    const { refreshToken } = tokensOf(await post("/token", form, method, client.secret));
    await refused("/token", refreshing(refreshToken));
    await refused("/revoke", { token: refreshToken });
    tokensOf(await post("/token", refreshing(refreshToken), method, client.secret));
  });
});

it("CLI-1 a public client that shows a secret is refused, as that was never agreed", async () => {
  const client = await OAuthClient.register(twin.origin);
  const { request, code } = await client.authorize(person, MIRA);
  expect((await client.redeem(request, code, { client_secret: "x" })).status).toBe(401);
  tokensOf(await client.redeem(request, code));
});
