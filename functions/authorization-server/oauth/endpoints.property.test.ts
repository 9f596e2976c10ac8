import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { KeyError } from "../keys/key-ring.ts";
import { type RouteName, routes } from "../routes.ts";
import { StoreError } from "../store/store.ts";
import { makeCall, withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { ISSUER, resolvedGateway } from "../testing/gateway.ts";
import {
  begin,
  claimsOf,
  GRANT,
  REDIRECT_URI,
  type Sessions,
  signIn,
  startSessions,
  USER,
  VERIFIER,
} from "../testing/sessions.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { OPERATOR_ROLE } from "./account/operator-role.ts";
import { readSignedIn, signInCookie } from "./account/signed-in.ts";
import type { Dependencies } from "./dependencies.ts";
import { endpoints } from "./endpoints.ts";

/** Would be markup where it stood unescaped. */
const SECRET = `s3cret-"><b>'`;
const SECRET_WORD = "s3cret-";
const CLIENT = "inspector";
const OBJECT_ID = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";
const CLIENT_URI = "https://inspector.example/callback";
const [GRAPH = "", NOTES = ""] = resolvedGateway().servers.map((server) => server.resource);

let sessions: Sessions;
let dependencies: Dependencies;
/** What is good at one of the endpoints, so that a request gets far enough to do harm. */
let good: Readonly<Record<string, string>>;
let cookie: string;
beforeAll(async () => {
  sessions = await startSessions();
  dependencies = makeDependencies(sessions);
});
afterAll(() => sessions.stop());
beforeEach(async () => {
  const own = { client: { ...GRANT.client, id: CLIENT } };
  const { tokens, refreshToken } = await signIn(dependencies.sessions, own);
  const { code } = await begin(dependencies.sessions, own);
  const consentPage = await send(dependencies, "authorize", {
    query: new URLSearchParams({
      response_type: "code",
      client_id: CLIENT,
      redirect_uri: CLIENT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
    }).toString(),
  });
  const transaction = /name="transaction" value="([^"]+)"/.exec(await consentPage.text())?.[1] ?? "";
  const pageCookies = consentPage.headers.getSetCookie();
  const approved = await send(dependencies, "consent", {
    headers: { ...FORM, ...SAME_ORIGIN, cookie: cookieOf(pageCookies) },
    body: new URLSearchParams({ transaction, decision: "allow" }).toString(),
  });
  const flow = new URL(approved.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const asked = await send(dependencies, "account", {});
  const account_flow = new URL(asked.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const account = await signInToAccount();
  cookie = cookieOf([
    ...pageCookies,
    ...approved.headers.getSetCookie(),
    ...asked.headers.getSetCookie(),
    account.cookie,
  ]);
  const { sub, sid } = claimsOf(tokens);
  const { form_token } = account;
  good = {
    code,
    refresh_token: refreshToken,
    token: tokens.accessToken,
    transaction,
    flow,
    sub,
    sid,
    form_token,
    account_flow,
  };
});

/** Somebody is signed in to the account page, with the operator's role. */
async function signInToAccount(): Promise<{ cookie: string; form_token: string }> {
  const person = { ...USER, name: "Olu", roles: [OPERATOR_ROLE] };
  const cookie = await signInCookie(dependencies, person);
  const signedIn = await readSignedIn(dependencies, withCookies([cookie]));
  return { cookie, form_token: signedIn?.formToken ?? "" };
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_BODY = { "content-type": "application/json" };
const SAME_ORIGIN = { origin: ISSUER, "sec-fetch-site": "same-origin" };

const cookieOf = (set: readonly string[]) => withCookies(set).headers.get("cookie") ?? "";

interface Sent {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
}

async function send(
  to: Dependencies,
  name: RouteName,
  { query = "", headers = {}, body }: Sent,
): Promise<Response> {
  const { method, path } = routes[name];
  const url = `${ISSUER}${path.replace("{*path}", new URL(GRAPH).pathname.slice(1))}?${query}`;
  const init = method === "GET" ? {} : { body: body ?? null };
  return endpoints(to)[name](new Request(url, { method, headers, ...init }), makeCall());
}

/** What may stand for a parameter's value: good ones of all kinds, and others. `$code` and so on stand for the good one. */
const value = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "$code",
      "$refresh_token",
      "$token",
      "$transaction",
      "$flow",
      "$form_token",
      "$account_flow",
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("code", "S256", CLIENT, CLIENT_URI, GRANT.challenge, VERIFIER, GRAPH),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "null", "__proto__", "constructor", "mcp.tools offline_access"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("https://evil.example/cb", "javascript:alert(1)", REDIRECT_URI, NOTES),
  },
  { weight: 4, arbitrary: fc.constant(SECRET) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => text + SECRET) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9000 }).map((length) => "x".repeat(length)) },
);
const NAMES = [
  [
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "resource",
  ],
  [
    "grant_type",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "token_type_hint",
    "transaction",
    "decision",
  ],
  [
    "error",
    "error_description",
    "prompt",
    "response_mode",
    "request",
    "iss",
    "sub",
    "sid",
    "aud",
    "user",
    "session",
    "client",
    "all",
    "form_token",
    "__proto__",
  ],
].flat();
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.string() },
);

/** What gets through at an endpoint when nothing is changed in it. */
const GOOD: Readonly<Partial<Record<RouteName, readonly Readonly<Record<string, string>>[]>>> = {
  authorize: [
    {
      response_type: "code",
      client_id: CLIENT,
      redirect_uri: CLIENT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
      state: SECRET,
      resource: GRAPH,
    },
  ],
  consent: [
    { transaction: "$transaction", decision: "allow" },
    { transaction: "$transaction", decision: "deny" },
  ],
  callback: [
    { state: "$flow", code: SECRET },
    { state: "$flow", error: SECRET, error_description: SECRET },
    { state: "$account_flow", code: SECRET },
    { state: "$account_flow", error: SECRET, error_description: SECRET },
  ],
  account: [{}, { user: OBJECT_ID }],
  "account-revoke": [
    { form_token: "$form_token", session: "$sid" },
    { form_token: "$form_token", client: CLIENT, user: OBJECT_ID },
    { form_token: "$form_token", all: "yes" },
  ],
  "account-sign-out": [{}],
  "account-signed-out": [{}],
  token: [
    {
      grant_type: "authorization_code",
      client_id: CLIENT,
      code: "$code",
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    },
    { grant_type: "refresh_token", client_id: CLIENT, refresh_token: "$refresh_token" },
  ],
  revoke: [
    { client_id: CLIENT, token: "$token" },
    { client_id: CLIENT, token: "$refresh_token" },
  ],
  "session-token": [{ sub: "$sub", sid: "$sid", aud: GRAPH }],
};

/** Parameters of an endpoint, some of them changed, left out, repeated or added. */
function parametersOf(route: RouteName): fc.Arbitrary<readonly (readonly [string, string])[]> {
  const base = fc.constantFrom(...(GOOD[route] ?? [{}])).map((each) => Object.entries(each));
  const changes = fc.array(fc.tuple(name, fc.option(value, { nil: undefined }), fc.boolean()), {
    maxLength: 3,
  });
  return fc.tuple(base, changes).map(([entries, changed]) => {
    let all: (readonly [string, string])[] = entries;
    for (const [each, text, added] of changed) {
      if (!added) all = all.filter(([other]) => other !== each);
      if (text !== undefined) all = [...all, [each, text]];
    }
    return all;
  });
}

/** Puts this run's good values in their places. */
const filled = (parameters: readonly (readonly [string, string])[]) =>
  new URLSearchParams(
    parameters.map(([each, text]): [string, string] => [
      each,
      text.startsWith("$") ? (good[text.slice(1)] ?? text) : text,
    ]),
  ).toString();

const headerText = fc.stringMatching(/^[ -~\x80-\xff]{0,40}$/);
const headers = fc.dictionary(
  fc.constantFrom(
    "origin",
    "sec-fetch-site",
    "content-type",
    "content-length",
    "authorization",
    "host",
    "accept",
  ),
  fc.oneof(headerText, fc.constantFrom("null", "*", "Bearer", "application/json", FORM["content-type"])),
  { maxKeys: 1 },
);
const cookies = fc.oneof(
  { weight: 6, arbitrary: fc.constant("$good") },
  { weight: 1, arbitrary: headerText },
  {
    weight: 1,
    arbitrary: headerText.map((text) => `$good; __Host-consent-${"a".repeat(43)}=${text}; ${text}`),
  },
);

/** Whatever comes, the answer is one of ours, and tells nobody what was given for somebody else. */
async function checkAnswer(response: Response, outage: boolean): Promise<void> {
  const text = await response.text();
  if (response.status >= 500) {
    expect(outage, `${response.status} without an outage`).toBe(true);
    expect(response.status).toBe(503);
    expect(text).toMatch(/temporarily_unavailable|not available right now|not_ready/);
  }
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/html")) expect(text).not.toMatch(/s3cret-(?:"|>|<|')|<b>/);
  if (type.startsWith("application/json") && response.status >= 400) checkError(text);
  for (const set of response.headers.getSetCookie()) expect(set).not.toContain(SECRET_WORD);
  checkLocation(response.headers.get("location"));
}

/** RFC 6749 §5.2: printable ASCII without quotes and backslashes. */
function checkError(text: string): void {
  const { error_description: description } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (description !== undefined) expect(description).toMatch(/^[ !#-[\]-~]*$/);
  expect(text).not.toContain(SECRET_WORD);
}

/** A client gets its own state back and nothing else that was given; Entra gets nothing of it. */
function checkLocation(location: string | null): void {
  if (location === null) return;
  const { origin, pathname, searchParams } = new URL(location);
  if (origin === ISSUER) {
    expect(pathname).toMatch(/^\/account(?:\/signed-out)?$/);
    expect(searchParams.get("user") ?? OBJECT_ID).toBe(OBJECT_ID);
    return;
  }
  const target = `${origin}${pathname}`;
  expect([CLIENT_URI, "http://localhost:6274/oauth/callback", "https://login.example/authorize"]).toContain(
    target,
  );
  const isEntra = origin === "https://login.example";
  const given = [...searchParams].filter(
    ([each, text]) => text.includes(SECRET_WORD) && (isEntra || each !== "state"),
  );
  expect(given).toEqual([]);
  if (!isEntra) {
    const known = ["code", "error", "error_description", "iss", "state"];
    expect([...searchParams.keys()].filter((each) => !known.includes(each))).toEqual([]);
  }
}

/** The parts behind the endpoints, each of which may be out. */
const OUTAGES: Readonly<Record<string, (all: Dependencies) => Dependencies>> = {
  none: (all) => all,
  store: (all) => {
    const out = () => Promise.reject(new StoreError("unavailable", { cause: new Error("timeout") }));
    const documents = { create: out, read: out, replace: out, listLive: out };
    const clients = {
      register: out,
      manage: out,
      find: out,
      authentication: out,
      noteUse: out,
      oweClaims: out,
      owedClaims: out,
    };
    return { ...all, clients, sessions: { ...all.sessions, documents } };
  },
  keys: (all) => {
    const out = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    const keys = { signingKey: out, publicKeys: out, dataKey: out, dataKeyById: out };
    return { ...all, keys, sessions: { ...all.sessions, keys } };
  },
  upstream: (all) => {
    const out = () => Promise.reject(new UpstreamError("unavailable", "timeout"));
    const upstream = { startSignIn: out, finishSignIn: out, accessToken: out };
    return {
      ...all,
      pageSignIn: { start: out, finish: out },
      upstream,
      sessions: { ...all.sessions, upstream },
    };
  },
};
const outage = fc.oneof(
  { weight: 2, arbitrary: fc.constant("none") },
  { weight: 1, arbitrary: fc.constantFrom("store", "keys", "upstream") },
);

/** Sends a request while something is out, or nothing, and checks the answer. */
async function check(out: string, name: RouteName, sent: Sent): Promise<void> {
  await checkAnswer(await send(during(out), name, sent), out !== "none" || namesDocument(sent));
}

/** A client that is known by its metadata document cannot be looked up while that cannot be fetched. */
function namesDocument({ query, body }: Sent): boolean {
  return [query, body].some((text) => typeof text === "string" && /client_id=https/i.test(text));
}

const during = (out: string) => OUTAGES[out]?.(dependencies) ?? dependencies;

const withCookie = (given: string) => ({ cookie: given.replace("$good", cookie) });

describe("any request", () => {
  it.each([
    "authorize",
    "consent",
    "callback",
    "account",
    "account-revoke",
    "account-sign-out",
    "account-signed-out",
    "token",
    "revoke",
  ] as const)(
    "CON-6 SES-4 to %s gets an answer of ours, and what it brought goes nowhere else",
    async (route) => {
      await fc.assert(
        fc.asyncProperty(
          parametersOf(route),
          headers,
          cookies,
          outage,
          async (parameters, given, jar, out) => {
            const own = { ...given, ...withCookie(jar) };
            const sent =
              routes[route].method === "GET"
                ? { headers: own, query: filled(parameters) }
                : { headers: { ...FORM, ...SAME_ORIGIN, ...own }, body: filled(parameters) };
            await check(out, route, sent);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it("SES-4 to session-token gets an answer of ours", async () => {
    await fc.assert(
      fc.asyncProperty(parametersOf("session-token"), outage, async (parameters, out) => {
        const body = JSON.stringify(Object.fromEntries(new URLSearchParams(filled(parameters))));
        await check(out, "session-token", { headers: JSON_BODY, body });
      }),
      { numRuns: 150 },
    );
  });

  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ maxDepth: 6 }),
    fc.string({ unit: "binary" }),
    fc.constantFrom("[", '{"a":').chain((open) => fc.nat(30_000).map((times) => open.repeat(times))),
    fc.nat(12_000).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
    fc.integer({ min: 65_000, max: 70_000 }).map((size) => JSON.stringify({ a: "x".repeat(size) })),
  );

  it.each(Object.keys(routes) as RouteName[])(
    "SES-4 to %s gets an answer of ours, with any body",
    async (route) => {
      const query = fc.string({ unit: "binary" }).map((text) => text.replaceAll("#", ""));
      const type = fc.constantFrom(FORM, JSON_BODY);
      await fc.assert(
        fc.asyncProperty(query, bodies, type, outage, async (text, body, contentType, out) => {
          const sent = { query: text, body, headers: { ...contentType, ...SAME_ORIGIN } };
          await check(out, route, sent);
        }),
        { numRuns: 60 },
      );
    },
  );

  const deep = fc.nat(5000).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
  const asJson = (values: fc.Arbitrary<unknown>) => values.map((each) => JSON.stringify(each));
  const uri = fc.oneof(fc.constantFrom(CLIENT_URI, SECRET, "x:y"), fc.webUrl());
  const text = fc.constantFrom(SECRET, "none", "\ud800", "\u0000", "\u202e", "https://x.example/");
  const member = fc.oneof(
    { weight: 3, arbitrary: asJson(fc.jsonValue({ stringUnit: "binary" })) },
    { weight: 1, arbitrary: deep },
    { weight: 2, arbitrary: asJson(fc.array(uri)) },
    { weight: 2, arbitrary: asJson(text) },
  );
  const MEMBERS = [
    [
      "redirect_uris",
      "client_name",
      "client_uri",
      "grant_types",
      "response_types",
      "scope",
      "logo_uri",
      "jwks",
    ],
    ["token_endpoint_auth_method", "software_id", "software_version", "__proto__", "constructor", "toString"],
  ].flat();
  const usable = fc
    .constantFrom(SECRET, `${SECRET}${SECRET}`, "&lt;b>", "\u202e<b>")
    .map((name) => [`"redirect_uris":["${CLIENT_URI}"]`, `"client_name":${JSON.stringify(name)}`]);
  const metadata = fc
    .tuple(
      fc.oneof(usable, fc.constant([])),
      fc.array(fc.tuple(fc.constantFrom(...MEMBERS), member), { maxLength: 3 }),
    )
    .map(([base, members]) => [...base, ...members.map(([each, json]) => `"${each}":${json}`)])
    .map((members) => `{${members.join(",")}}`);

  it("CLI-1 CON-6 to register is a registration that authorize can work with, or says what is wrong", async () => {
    await fc.assert(
      fc.asyncProperty(metadata, outage, async (body, out) => {
        const answer = await send(during(out), "register", { body, headers: JSON_BODY });
        await checkAnswer(answer.clone(), out !== "none");
        if (answer.status !== 201) return;
        const registered = (await answer.json()) as { client_id: string; redirect_uris: string[] };
        const query = new URLSearchParams({
          response_type: "code",
          client_id: registered.client_id,
          redirect_uri: registered.redirect_uris[0] ?? "",
          code_challenge: GRANT.challenge,
          code_challenge_method: "S256",
        });
        const page = await send(dependencies, "authorize", { query: query.toString() });
        expect(page.status).toBe(200);
        expect(await page.text()).not.toContain("<b>");
      }),
      { numRuns: 200 },
    );
  });
});
