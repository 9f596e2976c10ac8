import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyRing } from "../keys/key-ring.ts";
import { withdrawScope } from "../sessions/withdraw-scope.ts";
import { StoreError } from "../store/documents.ts";
import { makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { makeKeyRing } from "../testing/keys.ts";
import { claimsOf, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { answeringClients } from "./failures.ts";
import { sessionToken } from "./session-token.ts";

const sessions = useSessions();
let otherKeys: KeyRing;
let instance: Instance;
beforeAll(async () => {
  otherKeys = await makeKeyRing();
  instance = sessions.instance();
});
beforeEach(() => {
  sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
});

async function ask(body: unknown, dependencies = makeDependencies(sessions)) {
  const call = makeCall();
  const request = new Request("https://as.example/internal/session-token", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const response = await answeringClients("session-token")(sessionToken(dependencies))(request, call);
  return {
    status: response.status,
    noStore: response.headers.get("cache-control"),
    ended: response.headers.get("x-gateway-ended-session"),
    retryAfter: response.headers.get("retry-after"),
    body: await response.json(),
    lines: call.lines,
  };
}

/** What the gateway asks with after it verified the access token. */
async function question() {
  const { sub, sid, aud } = claimsOf((await signIn(instance)).tokens);
  return { sub, sid, aud };
}

describe("POST /internal/session-token", () => {
  it("GW-2 GW-3 gives the user's Entra token and how long to keep it, to no cache but the gateway's own", async () => {
    expect(await ask(await question())).toMatchObject({
      status: 200,
      noStore: "no-store",
      body: { access_token: "entra-token of kept-entra-tokens", cache_seconds: 300 },
      lines: [],
    });
  });

  it("CON-8 says which scopes the person took from the session, for access tokens from before", async () => {
    const { sub, sid, aud } = await question();
    expect((await ask({ sub, sid, aud })).body).toMatchObject({ withdrawn: "" });
    await withdrawScope(instance, { user: sub, session: sid }, "mcp.admin");
    expect((await ask({ sub, sid, aud })).body).toMatchObject({ withdrawn: "mcp.admin" });
  });

  it("TOK-7 answers 410 when the session cannot serve that resource", async () => {
    const good = await question();
    const wrong = [
      { ...good, aud: "https://gw.example/notes/mcp" },
      { ...good, sid: "x".repeat(22) },
      { ...good, sub: "x".repeat(43) },
    ];
    for (const body of wrong) {
      expect(await ask(body)).toMatchObject({
        status: 410,
        body: { error: "session_ended" },
        lines: [{ level: "info", fields: { session: body.sid, reason: "session_ended" } }],
      });
    }
  });

  it("TOK-6 answers 410 when Entra refuses, and logs why", async () => {
    const good = await question();
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("refused", "AADSTS50173"));
    expect(await ask(good)).toMatchObject({
      status: 410,
      body: { error: "session_ended" },
      lines: [{ fields: { session: good.sid, reason: "entra_refused AADSTS50173" } }],
    });
  });

  it("TOK-7 GW-9 names the session that it ended, and no other that cannot go on", async () => {
    const good = await question();
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("refused", "AADSTS50173"));
    expect(await ask(good)).toMatchObject({ status: 410, ended: null });
    expect(await ask({ ...good, renew: true })).toMatchObject({ status: 410, ended: good.sid });
    expect((await sessions.stored(good.sid)).revoked?.because).toBe("entra_refused");
    expect(await ask({ ...good, aud: "https://gw.example/notes/mcp" })).toMatchObject({
      status: 410,
      ended: null,
    });
  });

  it("SES-4 tells the gateway for how long to turn callers away", async () => {
    const good = await question();
    sessions.upstream.answer = () =>
      Promise.reject(new UpstreamError("unavailable", "circuit_open", undefined, 3));
    expect(await ask(good)).toMatchObject({ status: 503, retryAfter: "3" });
  });

  it("GW-9 asks Entra anew after a backend's refusal, with the claims that the backend asked for", async () => {
    const good = await question();
    const claims = { access_token: { acrs: { essential: true, value: "c1" } } };
    const encoded = Buffer.from(JSON.stringify(claims)).toString("base64");
    sessions.upstream.asked.length = 0;
    await ask({ ...good, renew: true, claims: encoded });
    await ask({ ...good, renew: true, claims: "" });
    await ask({ ...good, renew: false, claims: "" });
    await ask(good);
    expect(sessions.upstream.asked.map(({ renewal }) => renewal)).toEqual([
      { claims: JSON.stringify(claims) },
      {},
      undefined,
      undefined,
    ]);
  });

  it.each([
    ["of another form", "bm8gSlNPTg=="],
    ["that are no object", Buffer.from('["a"]').toString("base64")],
    [
      "beyond a size that can travel",
      Buffer.from(JSON.stringify({ a: "x".repeat(3072) })).toString("base64"),
    ],
  ])("GW-9 asks Entra anew without claims %s, and says so in the log", async (_, claims) => {
    const good = await question();
    sessions.upstream.asked.length = 0;
    expect(await ask({ ...good, renew: true, claims })).toMatchObject({
      status: 200,
      lines: [{ fields: { session: good.sid } }],
    });
    expect(sessions.upstream.asked).toMatchObject([{ renewal: {} }]);
    expect(sessions.upstream.asked[0]?.renewal).not.toHaveProperty("claims");
  });

  it("GW-9 keeps what Entra and the backend want of the person for the next sign-in, if it can", async () => {
    const good = await question();
    const wanted = '{"access_token":{"acrs":{"value":"c1"}}}';
    const refusal = new UpstreamError("refused", "AADSTS50076", wanted);
    const dependencies = makeDependencies(sessions);
    const owed: unknown[] = [];
    const oweClaims = async (...all: unknown[]) => void owed.push(all);
    sessions.upstream.answer = () => Promise.reject(refusal);
    const withClients = (changes: object) => ({
      ...dependencies,
      clients: { ...dependencies.clients, ...changes },
    });
    expect(await ask({ ...good, renew: true }, withClients({ oweClaims }))).toMatchObject({
      status: 410,
      lines: [
        { event: "revoked", fields: { session: good.sid, because: "entra_refused" } },
        { fields: { session: good.sid, reason: "entra_refused AADSTS50076" } },
      ],
    });
    expect(owed).toEqual([["client", { user: good.sub, server: "graph", claims: wanted }]]);

    const failing = () => Promise.reject(new StoreError("unavailable", { cause: undefined }));
    const another = await question();
    expect(await ask({ ...another, renew: true }, withClients({ oweClaims: failing }))).toMatchObject({
      status: 410,
      body: { error: "session_ended" },
      lines: [
        { event: "revoked" },
        { level: "warn", fields: { client: "client", reason: "StoreError" } },
        { level: "info", fields: { session: another.sid } },
      ],
    });

    sessions.upstream.answer = () => Promise.reject(new UpstreamError("refused", "AADSTS50173"));
    await ask({ ...(await question()), renew: true }, withClients({ oweClaims }));
    expect(owed).toHaveLength(1);
  });

  it("SES-2 answers 410 when the key that the tokens lie under is gone, and logs why", async () => {
    const good = await question();
    expect(await ask(good, makeDependencies(sessions, { keys: otherKeys }))).toMatchObject({
      status: 410,
      lines: [{ fields: { reason: "entra_refused kept_tokens_do_not_open" } }],
    });
  });

  it("SES-4 answers 503 when Entra is out", async () => {
    const good = await question();
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("unavailable", "network_error"));
    expect(await ask(good)).toMatchObject({ status: 503, body: { error: "temporarily_unavailable" } });
  });

  it.each([
    ["no session", { sid: undefined }],
    ["a session of another form", { sid: "../x" }],
    ["a session of another type", { sid: 5 }],
    ["no user", { sub: undefined }],
    ["a user of another form", { sub: `${"x".repeat(43)}\n` }],
    ["no audience", { aud: undefined }],
    ["another word for a renewal", { renew: "yes" }],
    ["claims of another type", { claims: { access_token: {} } }],
    ["a list of audiences", { aud: ["https://gw.example/mcp"] }],
  ])("answers 400 to %s, without asking the store", async (_, changes) => {
    const good = await question();
    sessions.store.operations();
    expect(await ask({ ...good, ...changes })).toMatchObject({
      status: 400,
      body: { error: "invalid_request", error_description: "sub, sid and aud are needed." },
      lines: [{ fields: { endpoint: "session-token" } }],
    });
    expect(sessions.store.operations()).toEqual({});
  });

  it.each([null, [], "text"])("answers 400 to the body %j", async (body) => {
    expect(await ask(body)).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  });
});
