import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { publicInternet } from "../clients/guarded-fetch/network.ts";
import type { ClientMetadata } from "../clients/registration.ts";
import { userKey } from "../sessions/user-key.ts";
import { StoreError } from "../store/store.ts";
import { formRequest, makeCall, withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { ISSUER } from "../testing/gateway.ts";
import { GRANT, REDIRECT_URI, type Sessions, startSessions, USER } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import type { Dependencies } from "./dependencies.ts";
import { endpoints } from "./endpoints.ts";

/** What each refusal says to a client's developer or a person, and what of it only the log knows. */
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

let sessions: Sessions;
let dependencies: Dependencies;
let cookies: string[];
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());
beforeEach(() => {
  dependencies = makeDependencies(sessions, {}, { clients });
  Object.assign(sessions.upstream, new TestUpstream(sessions.clock.now));
  cookies = [];
});

type Name = "authorize" | "consent" | "callback" | "token";

async function send(name: Name, request: Request) {
  const call = makeCall();
  const cookie = withCookies(cookies).headers.get("cookie");
  if (cookie) request.headers.set("cookie", cookie);
  const response = await endpoints(dependencies)[name](request, call);
  cookies.push(...response.headers.getSetCookie());
  const { status, headers } = response;
  const location = headers.get("location");
  return {
    status,
    headers,
    text: await response.text(),
    query: Object.fromEntries(location === null ? [] : new URL(location).searchParams),
    reasons: call.lines.map(({ fields }) => fields["reason"]),
    lines: call.lines,
  };
}

const authorize = (changes: Readonly<Record<string, string>> = {}) => {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "client",
    redirect_uri: REDIRECT_URI,
    code_challenge: GRANT.challenge,
    code_challenge_method: "S256",
    ...changes,
  });
  for (const [name, value] of [...query]) if (value === "") query.delete(name);
  return send("authorize", new Request(`${ISSUER}/authorize?${query}`));
};

const decide = (page: string, decision: string, headers: Readonly<Record<string, string>> = {}) => {
  const transaction = /name="transaction" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const sameOrigin = { origin: ISSUER, "sec-fetch-site": "same-origin" };
  return send("consent", formRequest("/consent", { transaction, decision }, { ...sameOrigin, ...headers }));
};

const comeBack = (query: Readonly<Record<string, string>>) =>
  send("callback", new Request(`${ISSUER}/callback?${new URLSearchParams(query)}`));

/** Goes through consent, up to Entra. @returns Entra's state */
async function approve(changes: Readonly<Record<string, string>> = {}): Promise<string> {
  const { query } = await decide((await authorize(changes)).text, "allow");
  return query["state"] ?? "";
}

/** From now on no MCP server is configured. */
function removeServers(): void {
  dependencies = { ...dependencies, gateway: { ...dependencies.gateway, servers: [] } };
}

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
    const answer = await send("token", formRequest("/token", all, authorization ? { authorization } : {}));
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
    ["more than Basic has", {}, `${basic(`secret:${SECRET}`)} x`, 400, "invalid_request", MISSING],
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
      "an assertion whose keys lie inside",
      assertion({ sub: "remote" }),
      undefined,
      NOT_AUTHENTICATED,
      "key_set address_not_public",
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
    const challenge = authorization && description === NOT_AUTHENTICATED ? 'Basic realm="token"' : null;
    expect(headers.get("www-authenticate")).toBe(challenge);
    expect(lines).toMatchObject([{ level: "info", fields: { endpoint: "token", reason } }]);
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
    dependencies = makeDependencies(sessions, {}, { clients: [client] });
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

  it("SES-4 has a client try again when its keys cannot be had now", async () => {
    const network = { ...publicInternet, resolve: async () => [] };
    dependencies = makeDependencies(sessions, {}, { clients }, network);
    const { status, body, headers, lines } = await ask(assertion({ sub: "remote" }));
    expect([status, body, headers.get("retry-after")]).toEqual([
      503,
      {
        error: "temporarily_unavailable",
        error_description: "The keys of the client cannot be read now.",
      },
      "5",
    ]);
    expect(lines).toMatchObject([{ level: "error", fields: { reason: "key_set dns_without_addresses" } }]);
  });

  it("lets a fault of our own through to whoever logs those, and shows a person a page of it", async () => {
    const fault = new TypeError("x is undefined");
    dependencies = { ...dependencies, authenticate: () => Promise.reject(fault) };
    await expect(ask({ client_id: "client" })).rejects.toBe(fault);

    const state = await approve();
    const upstream = Object.assign(new TestUpstream(sessions.clock.now), {
      finishSignIn: () => Promise.reject(fault),
    });
    dependencies = { ...dependencies, upstream };
    const answer = await comeBack({ state, code: "c" });
    expect(answer).toMatchObject({ status: 500, reasons: [undefined, "unexpected_error"] });
    expect(answer.text).toContain("you did not cause it");

    const find = () => Promise.reject(fault);
    const { clients: known } = dependencies;
    dependencies = { ...dependencies, clients: { ...known, find } };
    expect(await authorize()).toMatchObject({ status: 500, reasons: [undefined, "unexpected_error"] });

    const keys = { ...dependencies.keys, dataKey: find };
    dependencies = { ...dependencies, clients: known, keys };
    expect(await authorize()).toMatchObject({ status: 500, reasons: [undefined, "unexpected_error"] });
  });

  it("SES-4 has a client try again when the store is out", async () => {
    const outage = () => Promise.reject(new StoreError("unavailable", { cause: undefined }));
    dependencies = { ...dependencies, clients: { ...dependencies.clients, authentication: outage } };
    const { body, lines } = await ask({ client_id: "client" });
    expect(body).toEqual({
      error: "temporarily_unavailable",
      error_description: "The service is temporarily unavailable. Try again shortly.",
    });
    expect(lines).toMatchObject([{ level: "error", fields: { reason: "store: unavailable" } }]);
  });
});

describe("POST /register", () => {
  it("CLI-1 says what is wrong with what is no JSON object", async () => {
    const call = makeCall();
    const request = new Request(`${ISSUER}/register`, {
      method: "POST",
      body: "[]",
      headers: { "content-type": "application/json" },
    });
    const response = await endpoints(dependencies).register(request, call);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: "invalid_client_metadata" },
    ]);
    expect(call.lines).toMatchObject([{ fields: { endpoint: "register" } }]);
  });
});

describe("GET /authorize", () => {
  it.each<[Record<string, string>, string, string]>([
    [{ response_type: "token" }, "unsupported_response_type", "response_type must be code."],
    [{ response_mode: "fragment" }, "invalid_request", "response_mode must be query."],
    [{ request: "x" }, "request_not_supported", "Request objects are not supported."],
    [{ request_uri: "urn:x" }, "request_not_supported", "Request objects are not supported."],
    [{ code_challenge_method: "" }, "invalid_request", "code_challenge_method must be S256."],
    [{ prompt: "none" }, "consent_required", "The person has to approve the request."],
    [{ scope: "other" }, "invalid_scope", "None of the scopes belongs to this resource."],
  ])("AUT-2 tells the client what is wrong with %j", async (changes, error, error_description) => {
    const { status, headers, query, lines } = await authorize(changes);
    expect(status).toBe(303);
    expect(query).toMatchObject({ error, error_description, iss: ISSUER });
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(lines).toMatchObject([{ fields: { endpoint: "authorize", error, reason: error_description } }]);
  });

  it("AUT-3 tells the client when there is no server at all", async () => {
    removeServers();
    expect((await authorize()).query).toMatchObject({
      error: "invalid_target",
      error_description: "No MCP server is configured.",
    });
  });

  it.each<[Record<string, string>, string, string]>([
    [
      { redirect_uri: "https://evil.example/cb" },
      "did not register (redirect_uri)",
      "redirect_uri_not_registered",
    ],
    [{ client_id: "x".repeat(22) }, "is not registered here", "client_unknown"],
  ])("AUT-2 tells the person what is wrong with %j", async (changes, words, reason) => {
    const { status, text, lines } = await authorize(changes);
    expect(status).toBe(400);
    expect(text).toContain("This sign-in cannot go on");
    expect(text).toContain(words);
    expect(lines).toMatchObject([{ fields: { endpoint: "authorize", reason } }]);
  });

  it.each([
    [REDIRECT_URI, REDIRECT_URI],
    ["", undefined],
  ])(
    "TOK-3 binds the code to the redirect URI that the client named, if it did: %j",
    async (named, bound) => {
      const { query } = await comeBack({ state: await approve({ redirect_uri: named }), code: "c" });
      const [, session = ""] = /^ac\.[^.]+\.([^.]+)/.exec(query["code"] ?? "") ?? [];
      expect((await sessions.stored(session)).code.redirectUri).toBe(bound);
    },
  );
});

describe("POST /consent", () => {
  it.each<[string, string, Record<string, string>, number, string, string]>([
    [
      "from another site",
      "allow",
      { origin: "https://evil.example" },
      403,
      "was not sent from our page",
      "cross_site_form",
    ],
    ["without a decision", "", {}, 400, "came without a decision", "The form came without a decision."],
  ])("CON-3 refuses a form %s", async (_, decision, headers, status, words, reason) => {
    const answer = await decide((await authorize()).text, decision, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    expect(answer.lines).toMatchObject([
      { fields: { endpoint: "consent", error: "invalid_request", reason } },
    ]);
  });

  it("CON-3 refuses a page that this browser was not shown", async () => {
    const { text } = await authorize();
    cookies = [];
    const answer = await decide(text, "allow");
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("was open for too long, or was opened in another browser");
    expect(answer.lines).toMatchObject([
      { fields: { endpoint: "consent", error: "invalid_request", reason: "transaction_does_not_open" } },
    ]);
  });

  it("CON-5 tells the client that the person denied it", async () => {
    const { query, lines } = await decide((await authorize()).text, "deny");
    expect(query).toMatchObject({
      error: "access_denied",
      error_description: "The person did not allow it.",
    });
    expect(lines).toMatchObject([{ event: "denied", fields: { servers: "graph" } }]);
  });

  it("tells the person when the server was removed meanwhile", async () => {
    const { text } = await authorize();
    removeServers();
    const answer = await decide(text, "allow");
    expect(answer.text).toContain("is no longer offered here");
    expect(answer.lines).toMatchObject([{ fields: { error: "invalid_target" } }]);
  });
});

describe("GET /callback", () => {
  const metadata: ClientMetadata = {
    redirect_uris: redirectUris,
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };

  it("CAL-1 refuses a sign-in that this browser did not start, or that names none", async () => {
    await approve();
    for (const query of [{ code: "c" }, { state: "x", code: "c" }]) {
      const { status, text, lines } = await comeBack(query);
      expect(status).toBe(400);
      expect(text).toContain("This sign-in was not started in this browser, or it is already finished.");
      expect(lines).toMatchObject([
        { fields: { endpoint: "callback", error: "invalid_request", reason: "no_flow_in_this_browser" } },
      ]);
    }
  });

  it("CAL-1 tells the client of a sign-in that took too long", async () => {
    const state = await approve();
    sessions.clock.advance(600);
    const { query, lines } = await comeBack({ state, code: "c" });
    expect(query).toMatchObject({ error: "access_denied", error_description: "The sign-in took too long." });
    expect(lines).toMatchObject([{ fields: { endpoint: "callback", reason: "flow_expired" } }]);
  });

  it("CAL-3 takes Entra's number out of what it says, for the log", async () => {
    const state = await approve();
    const { reasons } = await comeBack({
      state,
      error: "access_denied",
      error_description: "AADSTS65004: no",
    });
    expect(reasons).toEqual(["entra_error access_denied AADSTS65004"]);
  });

  it("tells the client when the server was removed meanwhile", async () => {
    const state = await approve();
    removeServers();
    const { query, lines } = await comeBack({ state, code: "c" });
    expect(query).toMatchObject({
      error: "server_error",
      error_description: "The MCP server is no longer configured.",
    });
    expect(lines).toMatchObject([{ level: "error", fields: { endpoint: "callback" } }]);
  });

  it("CAL-3 tells the client, by a link of the page, that the person may not use the server", async () => {
    sessions.upstream.rolesAt = () => ["Other"];
    const { status, text, lines } = await comeBack({ state: await approve(), code: "c" });
    expect(status).toBe(403);
    expect(text).toContain("The+person+may+not+use+this+server.");
    expect(lines).toMatchObject([
      {
        event: "refused",
        fields: { endpoint: "callback", error: "access_denied", reason: "role_missing", user: USER.objectId },
      },
    ]);
  });

  it("CLI-8 signs in also when the registration's use cannot be noted, and says so", async () => {
    const { document } = await dependencies.clients.register(metadata);
    sessions.clock.advance(24 * 3600);
    const noteUse = () => Promise.reject(new StoreError("unavailable", { cause: undefined }));
    dependencies = { ...dependencies, clients: { ...dependencies.clients, noteUse } };
    const { query, lines } = await comeBack({ state: await approve({ client_id: document.id }), code: "c" });
    expect(query["code"]).toMatch(/^ac\./);
    const fields = { client: document.id, reason: "StoreError" };
    expect(lines).toContainEqual({ level: "warn", event: expect.any(String), fields });
  });

  it("GW-9 asks Entra once more for what a backend wants of this person, and then no more", async () => {
    const { id } = (await dependencies.clients.register(metadata)).document;
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    await dependencies.clients.oweClaims(id, userKey(ISSUER, USER.tenantId, USER.objectId), claims);
    const again = await comeBack({ state: await approve({ client_id: id }), code: "c" });
    expect(again.query["claims"]).toBe(claims);
    const { query } = await comeBack({ state: again.query["state"] ?? "", code: "c" });
    expect(query["code"]).toMatch(/^ac\./);
  });
});
