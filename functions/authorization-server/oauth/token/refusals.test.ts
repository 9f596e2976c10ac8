import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { publicInternet } from "../../clients/guarded-fetch/network.ts";
import { endpoints } from "../../endpoints.ts";
import { StoreError } from "../../store/documents.ts";
import { formRequest, makeCall } from "../../testing/calls.ts";
import { makeDependencies } from "../../testing/dependencies.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { REDIRECT_URI, useSessions } from "../../testing/sessions.ts";
import { Browser, type TestApp, withConfiguredClient } from "../../testing/sign-in.ts";
import { TestUpstream } from "../../testing/upstream.ts";

// What each refusal says to a client's developer, and what of it only the log knows.

const SECRET = "a secret of 256 bits";
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const redirectUris = [REDIRECT_URI];
const clients = [
  { id: "client", name: "Client", redirectUris },
  {
    id: "secret",
    name: "Secret",
    redirectUris,
    auth: { secretHash: createHash("sha256").update(SECRET).digest("base64url") },
  },
  {
    id: "key",
    name: "Key",
    redirectUris,
    auth: { jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "x" }] } },
  },
  { id: "remote", name: "Remote", redirectUris, auth: { jwksUri: "https://client.example/jwks" } },
];

const sessions = useSessions();
let app: TestApp;
let browser: Browser;
beforeEach(() => {
  app = withConfiguredClient(sessions, { clients });
  browser = new Browser(app);
});

describe("POST /token", () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  const assertion = (claims: object) => ({
    client_assertion: new UnsecuredJWT({ ...claims }).encode(),
    client_assertion_type: JWT_BEARER,
  });
  const MALFORMED = "The client authentication is malformed.";
  const NOT_AUTHENTICATED = "The client could not be authenticated.";
  const MISSING = "client_id is missing.";
  const ask = async (form: Readonly<Record<string, string>>, authorization?: string) => {
    const all = { grant_type: "refresh_token", refresh_token: "x", ...form };
    const answer = await browser.send("token", "/token", {
      method: "POST",
      body: new URLSearchParams(all),
      headers: authorization ? { authorization } : {},
    });
    return { ...answer, body: JSON.parse(answer.text) };
  };

  it.each<[string, Record<string, string>, string | undefined, number, string, string]>([
    [
      "a grant that there is not",
      { grant_type: "password" },
      undefined,
      400,
      "unsupported_grant_type",
      "grant_type is not supported.",
    ],
    [
      "two ways to authenticate",
      { client_id: "secret", client_secret: SECRET },
      basic(`secret:${SECRET}`),
      400,
      "invalid_request",
      "The client authenticates in two ways at once.",
    ],
    [
      "the ID of another client",
      { client_id: "client" },
      basic(`secret:${SECRET}`),
      400,
      "invalid_request",
      "client_id is not the client that authenticates.",
    ],
    ["a secret of nobody", { client_secret: SECRET }, undefined, 400, "invalid_request", MISSING],
    ["no client", {}, undefined, 400, "invalid_request", MISSING],
    ["another scheme", {}, `x${basic(`secret:${SECRET}`)}`, 400, "invalid_request", MISSING],
    [
      "an assertion of no type",
      { client_assertion: "x" },
      undefined,
      400,
      "invalid_request",
      `client_assertion_type must be ${JWT_BEARER}.`,
    ],
  ])("TOK-2 says what is wrong with %s", async (_, form, authorization, status, error, description) => {
    const answer = await ask(form, authorization);
    expect([answer.status, answer.body]).toEqual([status, { error, error_description: description }]);
    expect(answer.lines).toMatchObject([
      { level: "info", fields: { endpoint: "token", error, reason: description } },
    ]);
  });

  it.each<[string, Record<string, string>, string | undefined, string, unknown]>([
    ["Basic without a colon", {}, basic("secret"), MALFORMED, "basic_malformed"],
    ["Basic without an ID", {}, basic(`:${SECRET}`), MALFORMED, "basic_malformed"],
    ["Basic with a broken escape", {}, basic("secret:%zz"), MALFORMED, "basic_malformed"],
    ["more than Basic has", {}, `${basic(`secret:${SECRET}`)} x`, MALFORMED, "basic_malformed"],
    ["Basic of nothing", { client_id: "client" }, "Basic", MALFORMED, "basic_malformed"],
    ["Basic that is no base64", { client_id: "client" }, "Basic secret:", MALFORMED, "basic_malformed"],
    [
      "an assertion that is none",
      { client_assertion: "x", client_assertion_type: JWT_BEARER },
      undefined,
      MALFORMED,
      "assertion_malformed",
    ],
    [
      "an assertion without a subject",
      assertion({ iss: "key" }),
      undefined,
      MALFORMED,
      "assertion_without_subject",
    ],
    [
      "a secret of a client that has none",
      { client_id: "client", client_secret: SECRET },
      undefined,
      NOT_AUTHENTICATED,
      "client_is_public",
    ],
    [
      "nothing from a client that has a secret",
      { client_id: "secret" },
      undefined,
      NOT_AUTHENTICATED,
      "credentials_missing",
    ],
    ["a wrong secret", {}, basic("secret:guess"), NOT_AUTHENTICATED, "secret_wrong"],
    [
      "an assertion in place of the secret",
      assertion({ sub: "secret" }),
      undefined,
      NOT_AUTHENTICATED,
      "method_not_agreed",
    ],
    [
      "a secret in place of the assertion",
      { client_id: "key", client_secret: SECRET },
      undefined,
      NOT_AUTHENTICATED,
      "method_not_agreed",
    ],
    [
      "an assertion that nobody signed",
      assertion({ sub: "key" }),
      undefined,
      NOT_AUTHENTICATED,
      expect.stringMatching(/^assertion \w+/),
    ],
    [
      "an assertion about nobody for a client that it names",
      { client_id: "key", ...assertion({ iss: "key" }) },
      undefined,
      NOT_AUTHENTICATED,
      expect.stringMatching(/^assertion \w+/),
    ],
    [
      "a client that nobody knows",
      { client_id: "x".repeat(22) },
      undefined,
      "The client is not registered here, or its registration has ended.",
      "client_unknown",
    ],
  ])("TOK-2 CLI-5 lets in nobody with %s", async (_, form, authorization, description, reason) => {
    const { status, body, headers, lines } = await ask(form, authorization);
    expect([status, body]).toEqual([401, { error: "invalid_client", error_description: description }]);
    expect(headers.get("www-authenticate")).toBe(authorization ? 'Basic realm="token"' : null);
    expect(lines).toMatchObject([{ level: "info", fields: { endpoint: "token", reason } }]);
  });

  it.each([
    ["nobody", ""],
    ["another client", "secret"],
    ["something that is not form-encoded", "%zz"],
  ])("GW-7 lets a client in for nothing where the gateway counted %s", async (_, named) => {
    const call = makeCall();
    const headers = { "x-counted-client": named };
    const form = { grant_type: "refresh_token", refresh_token: "x", client_id: "client" };
    const response = await endpoints(app.dependencies).token(formRequest("/token", form, headers), call);
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error: "invalid_request",
        error_description:
          "The gateway cannot read which client this is. Send the form with a Content-Length, and HTTP Basic in padded base64.",
      },
    ]);
    expect(call.lines).toMatchObject([{ fields: { endpoint: "token", reason: "client_not_counted" } }]);
  });

  it("GW-7 lets no client in where the gateway's word is missing", async () => {
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: "x",
      client_id: "client",
    });
    const request = new Request(`${ISSUER}/token`, { method: "POST", body });
    expect((await endpoints(app.dependencies).token(request, makeCall())).status).toBe(400);
  });

  it("CLI-5 lets a client in by its secret, and by its ID alone where it has none", async () => {
    const invalid_grant = {
      error: "invalid_grant",
      error_description: "The grant is invalid, expired or revoked.",
    };
    for (const authorization of [
      basic(`secret:${SECRET}`),
      `basic   ${btoa(`secret:${SECRET}`)}`,
      basic("client:"),
    ]) {
      const { status, body, reasons } = await ask({}, authorization);
      expect([status, body, reasons]).toEqual([400, invalid_grant, ["grant_unknown"]]);
    }
  });

  it("CLI-5 lets a client in by an assertion for any endpoint that takes one", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)) }] };
    const client = { id: "signing", name: "Signing", redirectUris, auth: { jwks } };
    app.dependencies = makeDependencies(sessions, {}, { clients: [client] });
    const signed = (aud: string) =>
      new SignJWT({ aud, jti: aud })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer("signing")
        .setSubject("signing")
        .setExpirationTime(sessions.clock.now() + 60)
        .sign(privateKey);
    for (const path of ["", "/token", "/revoke", "/introspect"]) {
      const { reasons } = await ask({
        client_assertion: await signed(`${ISSUER}${path}`),
        client_assertion_type: JWT_BEARER,
      });
      expect(reasons).toEqual(["grant_unknown"]);
    }
    const { reasons } = await ask({
      client_assertion: await signed(`${ISSUER}/authorize`),
      client_assertion_type: JWT_BEARER,
    });
    expect(reasons).toEqual(["assertion audience"]);
  });

  it.each([
    ["SES-4 has a client try again when its keys cannot be had now", [], "dns_without_addresses"],
    ["TOK-2 CLI-5 CLI-15 answers the same where its keys lie inside", ["10.0.0.1"], "address_not_public"],
  ])("%s", async (_, addresses, reason) => {
    const network = { ...publicInternet, resolve: async () => addresses };
    app.dependencies = makeDependencies(sessions, {}, { clients }, network);
    const { status, body, headers, lines } = await ask(assertion({ sub: "remote" }));
    expect([status, body, headers.get("retry-after")]).toEqual([
      503,
      {
        error: "temporarily_unavailable",
        error_description: "The keys of the client cannot be read now.",
      },
      "5",
    ]);
    expect(lines).toMatchObject([{ level: "error", fields: { reason: `key_set ${reason}` } }]);
  });

  it("lets a fault of our own through to whoever logs those, and shows a person a page of it", async () => {
    const fault = new TypeError("x is undefined");
    app.dependencies = { ...app.dependencies, authenticate: () => Promise.reject(fault) };
    await expect(ask({ client_id: "client" })).rejects.toBe(fault);

    const state = await browser.approve();
    const upstream = Object.assign(new TestUpstream(sessions.clock.now), {
      finishSignIn: () => Promise.reject(fault),
    });
    app.dependencies = { ...app.dependencies, upstream };
    const answer = await browser.comeBack({ state, code: "c" });
    expect(answer).toMatchObject({ status: 500, reasons: [undefined, "unexpected_error"] });
    expect(answer.text).toContain("you did not cause it");

    const find = () => Promise.reject(fault);
    const { clients: known } = app.dependencies;
    app.dependencies = { ...app.dependencies, clients: { ...known, find } };
    expect(await browser.authorize()).toMatchObject({
      status: 500,
      reasons: [undefined, "unexpected_error"],
    });

    const keys = { ...app.dependencies.keys, dataKey: find };
    app.dependencies = { ...app.dependencies, clients: known, keys };
    expect(await browser.authorize()).toMatchObject({
      status: 500,
      reasons: [undefined, "unexpected_error"],
    });
  });

  it("SES-4 has a client try again when the store is out", async () => {
    const outage = () => Promise.reject(new StoreError("unavailable", { cause: undefined }));
    app.dependencies = {
      ...app.dependencies,
      clients: { ...app.dependencies.clients, authentication: outage },
    };
    const { body, lines } = await ask({ client_id: "client" });
    expect(body).toEqual({
      error: "temporarily_unavailable",
      error_description: "The service is temporarily unavailable. Try again shortly.",
    });
    expect(lines).toMatchObject([{ level: "error", fields: { reason: "store: unavailable" } }]);
  });
});
