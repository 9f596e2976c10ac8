import { beforeAll, beforeEach, describe, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import type { Dependencies } from "../dependencies.ts";
import { type RouteName, routes } from "../routes.ts";
import {
  CLIENT,
  CLIENT_URI,
  check,
  FORM,
  GRAPH,
  JSON_BODY,
  OBJECT_ID,
  outage,
  SECRET,
} from "../testing/any-request.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { type Good, goodValues } from "../testing/good-values.ts";
import { GRANT, REDIRECT_URI, useSessions, VERIFIER } from "../testing/sessions.ts";

const [, NOTES = ""] = resolvedGateway().servers.map((server) => server.resource);

const sessions = useSessions();
let dependencies: Dependencies;
let good: Good;
beforeAll(async () => {
  dependencies = makeDependencies(sessions);
});
beforeEach(async () => {
  good = await goodValues(dependencies);
});

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
      text.startsWith("$") ? (good.parameters[text.slice(1)] ?? text) : text,
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

const withCookie = (given: string) => ({ cookie: given.replace("$good", good.cookie) });

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
            await check(dependencies, out, route, sent);
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
        await check(dependencies, out, "session-token", { headers: JSON_BODY, body });
      }),
      { numRuns: 150 },
    );
  });
});
