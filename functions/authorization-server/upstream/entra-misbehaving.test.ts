import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { JWTPayload } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeSigningKey, type SigningKey } from "../../../twin/entra/signing.ts";
import { inTime, REQUEST_MILLISECONDS } from "../../platform/request-scope.ts";
import { circuit } from "../resilience/circuit.ts";
import { makeCall } from "../testing/calls.ts";
import { makeCircuit } from "../testing/circuit.ts";
import { makeClock } from "../testing/clock.ts";
import { type DrivenEntra, driveEntra, withTimes } from "../testing/driven-entra.ts";
import { failureOf } from "../testing/failure.ts";
import type { Upstream } from "./upstream.ts";

let entra: DrivenEntra;
let driving: DrivenEntra["driving"];
let scope: DrivenEntra["scope"];
let mira: DrivenEntra["mira"];
let upstreamAt: DrivenEntra["upstreamAt"];
beforeAll(async () => {
  entra = await driveEntra();
  ({ driving, scope, mira, upstreamAt } = entra);
});
afterAll(() => entra.stop());

/** An Entra that answers as a test wants it. */
describe("an Entra that misbehaves", () => {
  type Claims = Readonly<Record<string, unknown>>;
  interface Answer {
    readonly status?: number;
    readonly type?: string;
    readonly body: unknown;
  }
  let server: Server;
  let key: SigningKey;
  let otherKey: SigningKey;
  let url: string;
  let issuer: string;
  let astray: Upstream;
  let answerToken: () => Answer | Promise<Answer>;
  let answerKeys: () => Answer;
  let bodies: string[];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const isToken = request.url?.includes("/oauth2/v2.0/token");
      if (isToken) bodies.push(Buffer.concat(chunks).toString());
      const { status = 200, type = "application/json", body } = isToken ? await answerToken() : answerKeys();
      const text = typeof body === "string" ? body : JSON.stringify(body);
      response.writeHead(status, { "content-type": type }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    issuer = `${url}/${driving.tenant.tenantId}/v2.0`;
    [key, otherKey] = await Promise.all([makeSigningKey(issuer), makeSigningKey(issuer)]);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    bodies = [];
    astray = upstreamAt(url);
    answerKeys = () => ({ body: key.jwks });
    answerToken = () => tokenAnswer();
  });
  afterEach(() => {
    for (const body of bodies) expect(new URLSearchParams(body).has("resource")).toBe(false);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const goodClaims = (): Claims => ({
    iss: issuer,
    aud: driving.tenant.signIn.clientId,
    tid: driving.tenant.tenantId,
    oid: mira.oid,
    sub: "sub",
    nonce: "nonce",
    iat: now(),
    exp: now() + 3600,
  });

  async function tokenAnswer(claims: Claims = {}, changes: Record<string, unknown> = {}, signer = key) {
    const id_token = await signer.sign({ ...goodClaims(), ...claims } as JWTPayload);
    const info = { uid: mira.oid, utid: driving.tenant.tenantId };
    return {
      body: {
        token_type: "Bearer",
        scope,
        expires_in: 3600,
        access_token: "an-opaque-access-token",
        refresh_token: "a-refresh-token",
        id_token,
        client_info: Buffer.from(JSON.stringify(info)).toString("base64url"),
        ...changes,
      },
    };
  }

  const finish = () => astray.finishSignIn("the-code", [scope], { verifier: "v".repeat(43), nonce: "nonce" });

  it("is believed while all is well, and an access token that is no JWT has no roles", async () => {
    const { user, memberships } = await finish();
    expect(user).toEqual({ objectId: mira.oid, tenantId: driving.tenant.tenantId });
    expect(memberships).toEqual(new Map([[scope, { roles: [], groups: [] }]]));
  });

  it.each<[string, unknown, string[]]>([
    ["a list", ["a", "b"], ["a", "b"]],
    ["a list with more than texts", ["a", 1, null, ["b"]], ["a"]],
    ["a text", "Mcp.User", []],
    ["an object", { 0: "Mcp.User" }, []],
  ])("takes roles from %s for what they are", async (_, roles, expected) => {
    const access_token = await key.sign({ roles });
    answerToken = () => tokenAnswer({}, { access_token });
    expect((await finish()).memberships.get(scope)?.roles).toEqual(expected);
  });

  const OTHER_TENANT = "00000000-1111-4222-8333-444444444444";
  it.each<[string, () => Claims]>([
    ["of another tenant", () => ({ iss: `${url}/${OTHER_TENANT}/v2.0`, tid: OTHER_TENANT })],
    ["of another issuer", () => ({ iss: "https://login.evil.example/v2.0" })],
    ["of version 1.0", () => ({ iss: `https://sts.windows.net/${driving.tenant.tenantId}/` })],
    ["for another application", () => ({ aud: driving.tenant.graphMcp.clientId })],
    ["that has ended", () => ({ exp: now() - 10 })],
    ["that never ends", () => ({ exp: undefined })],
    ["that has not begun", () => ({ nbf: now() + 600 })],
    ["without tenant", () => ({ tid: undefined })],
    ["without user", () => ({ oid: undefined })],
    ["with a list for a user", () => ({ oid: [mira.oid] })],
    ["for another nonce", () => ({ nonce: "another" })],
    ["without nonce", () => ({ nonce: undefined })],
  ])("CAL-2 refuses an id token %s", async (_, claims) => {
    answerToken = () => tokenAnswer(claims());
    expect(await failureOf(finish())).toMatchObject({ name: "UpstreamError", kind: "refused" });
  });

  it("CAL-2 refuses an id token that another key signed, or none", async () => {
    answerToken = () => tokenAnswer({}, {}, otherKey);
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const id_token = `${part({ alg: "none", typ: "JWT" })}.${part(goodClaims())}.`;
    answerToken = () => tokenAnswer({}, { id_token });
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
    answerToken = () => tokenAnswer({}, { id_token: undefined });
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
  });

  it.each<[string, () => Answer]>([
    ["fail", () => ({ status: 500, body: {} })],
    ["are no keys", () => ({ body: {} })],
    ["are no JSON", () => ({ type: "text/html", body: "<html>" })],
  ])("SES-4 is unavailable, not refusing, when its keys %s", async (_, keysAnswer) => {
    answerKeys = keysAnswer;
    expect(await failureOf(finish())).toMatchObject({
      kind: "unavailable",
      message: "entra_unavailable keys",
    });
  });

  const outages: readonly (readonly [string, Answer])[] = [
    [
      "500 with its own error",
      { status: 500, body: { error: "server_error", error_description: "AADSTS90033: x" } },
    ],
    ["503 with JSON that is no error", { status: 503, body: { message: "busy" } }],
    ["503 with null", { status: 503, body: "null" }],
    ["502 that looks like a verdict", { status: 502, body: { error: "invalid_grant" } }],
    ["503 with a page", { status: 503, type: "text/html", body: "<html>" }],
    ["429", { status: 429, body: { error: "temporarily_unavailable" } }],
    ["429 with JSON that is no error", { status: 429, body: {} }],
    ["200 with JSON that is no token", { body: {} }],
    ["403 with JSON that is no error", { status: 403, body: { message: "blocked" } }],
    ["200 with a page", { type: "text/html", body: "<html>" }],
    ["400 temporarily_unavailable", { status: 400, body: { error: "temporarily_unavailable" } }],
    [
      "our own identity turned down",
      {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS700213: No matching credential" },
      },
    ],
    ["our own application unknown", { status: 400, body: { error: "unauthorized_client" } }],
  ];

  it.each(outages)("SES-4 is unavailable at sign-in on %s", async (_, answer) => {
    answerToken = () => answer;
    expect(await failureOf(finish())).toMatchObject({ name: "UpstreamError", kind: "unavailable" });
  });

  it.each(outages)(
    "TOK-6 SES-4 is unavailable, and ends no session, when a token is renewed: %s",
    async (_, answer) => {
      const { tokens } = await finish();
      answerToken = () => answer;
      const renewing = astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
      expect(await failureOf(renewing)).toMatchObject({ name: "UpstreamError", kind: "unavailable" });
    },
  );

  it.each([
    ["invalid_grant", { error: "invalid_grant", error_description: "AADSTS70008: expired" }, "AADSTS70008"],
    ["interaction_required", { error: "interaction_required", claims: "{}" }, "interaction_required"],
    ["consent_required", { error: "invalid_grant", suberror: "consent_required" }, ""],
  ])("TOK-6 refuses on %s", async (_, body, code) => {
    const { tokens } = await finish();
    answerToken = () => ({ status: 400, body });
    const renewing = astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
    expect(await failureOf(renewing)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(code),
    });
  });

  it("says nothing in its errors but codes: no code, verifier or assertion, nor Entra's own text", async () => {
    const echo = () => new URLSearchParams(bodies.at(-1) ?? "").get("client_assertion") ?? "";
    answerToken = () => ({
      status: 400,
      body: {
        error: "invalid_grant",
        error_description: `AADSTS70008: the-code ${"v".repeat(43)} ${echo()}`,
      },
    });
    const failure = await failureOf(finish());
    expect(echo()).toContain(".");
    expect(failure.message).toBe("entra_refused AADSTS70008");
    expect(failure.cause).toBeUndefined();
    expect(JSON.stringify(failure)).not.toContain("the-code");
  });

  it("SES-4 turns callers away once Entra has failed for long enough, but not those whose kept token is good", async () => {
    const clock = makeClock();
    const gate = circuit({ part: "entra", now: clock.now, log: () => undefined });
    const gated = upstreamAt(url, [], gate);
    const { tokens } = await finish();
    const renew = () => gated.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
    answerToken = () => ({ status: 503, body: {} });
    for (let i = 0; i < 5; i++) await failureOf(renew());
    expect(gate.state).toBe("open");
    const asked = bodies.length;
    clock.advance(1);
    expect(await failureOf(renew())).toMatchObject({
      name: "UpstreamError",
      kind: "unavailable",
      message: "entra_unavailable circuit_open",
      retryAfter: 4,
    });
    expect(bodies).toHaveLength(asked);
    await expect(gated.accessToken(tokens, scope)).resolves.toBeDefined();
    clock.advance(5);
    answerToken = () => ({ status: 400, body: { error: "invalid_grant" } });
    expect(await failureOf(renew())).toMatchObject({ kind: "refused" });
    expect(gate.state).toBe("closed");
  });

  it.each([
    ["refuses", { status: 400, body: { error: "invalid_grant" } }],
    ["throttles", { status: 429, body: { error: "temporarily_unavailable" } }],
    ["turns our own identity down", { status: 401, body: { error: "invalid_client" } }],
  ])("SES-4 turns nobody away because Entra %s: that is an answer", async (_, answer) => {
    const gate = makeCircuit("entra");
    const gated = upstreamAt(url, [], gate);
    const { tokens } = await finish();
    answerToken = () => answer;
    for (let i = 0; i < 8; i++) {
      await failureOf(gated.accessToken(withTimes(tokens, { expires_on: -10 }), scope));
    }
    expect(gate.state).toBe("closed");
  });

  it("SES-4 waits no longer than the request has time", async () => {
    const { tokens } = await finish();
    const waits = vi.spyOn(AbortSignal, "timeout");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const late = inTime(async () => {
        vi.advanceTimersByTime(REQUEST_MILLISECONDS);
        await astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
        return new Response();
      });
      await late(new Request("https://as.example/"), makeCall());
      expect(new Set(waits.mock.calls.flat())).toEqual(new Set([1_000]));
    } finally {
      vi.useRealTimers();
      waits.mockRestore();
    }
  });

  it("SES-4 is unavailable when nobody answers at all", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const nowhere = upstreamAt(`http://127.0.0.1:${port}`);
    const finishing = nowhere.finishSignIn("code", [scope], { verifier: "v".repeat(43), nonce: "nonce" });
    expect(await failureOf(finishing)).toMatchObject({
      kind: "unavailable",
      message: "entra_unavailable network_error",
    });
  });
});
