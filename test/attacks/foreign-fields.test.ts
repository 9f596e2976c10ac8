import { beforeAll, beforeEach, expect, it } from "vitest";
import { useStarted } from "../../functions/testing/started.ts";
import { type PassingRequest, startFaultProxy } from "../support/fault-proxy.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const proxy = useStarted("the fault proxy", startFaultProxy, (started) => started.stop());
const twin = useOwnTwin({}, { faultProxies: { authorizationServer: proxy } });
let client: OAuthClient;
/** What reached the authorization server. */
const seen: PassingRequest[] = [];

beforeAll(async () => {
  proxy.begin({ kind: "slow", milliseconds: 0 }, (request) => {
    seen.push(request);
    return false;
  });
  client = await OAuthClient.register(twin.origin);
});
beforeEach(() => void seen.splice(0));

const OURS = ["__Host-consent-AAAAAAAAAAAAAAAAAAAAAA=x", "__Host-sign-in-a=y"];
/** As many as a site beside this one can make a browser send: 15 KB. */
const THEIRS = Array.from({ length: 150 }, (_, index) => `theirs-${index}=${"c".repeat(90)}`);

it.each<[string, string | readonly string[], string | undefined]>([
  ["among ours", [...THEIRS, ...OURS].join("; "), OURS.join("; ")],
  ["without blanks", [OURS[0], ...THEIRS, OURS[1]].join(";"), OURS.join("; ")],
  ["in several lines", [THEIRS.join("; "), ...OURS], OURS.join("; ")],
  ["alone", THEIRS.join("; "), undefined],
  [
    "with our names, but for the prefix",
    "consent-a=1; __host-consent-a=2; __Secure-account=3; =__Host-account=4",
    undefined,
  ],
  [
    "with our names behind white space that is no blank",
    "\u00a0__Host-consent-a=1; \u0085__Host-account=2;\t__Host-decision-a=3",
    undefined,
  ],
  ["that are none", ";;; ; =;,", undefined],
])("GW-18 foreign cookies lock nobody out, and do not reach the app: %s", async (_, cookie, passed) => {
  const target = client.authorizationRequest().url.slice(twin.origin.length);
  const { status, text } = await rawRequest(twin.origin, target, { headers: { cookie } });
  expect(status).toBe(200);
  expect(text).toContain("Allow");
  expect(seen.map(({ headers }) => headers.cookie)).toEqual([passed]);
});

it.each<[string, string, readonly string[]]>([
  ["GET", "/authorize", ["consent-a", "decision-a", "sign-in-a"]],
  ["POST", "/consent", ["consent-a", "decision-a", "sign-in-a"]],
  ["POST", "/callback", []],
  ["GET", "/callback", ["sign-in-a", "account-sign-in-a", "entra-answer-0"]],
  ["GET", "/account", ["account", "account-sign-in-a"]],
  ["POST", "/account/revoke", ["decision-a", "account"]],
  ["POST", "/token", []],
  ["GET", "/jwks", []],
])("GW-18 our own cookies reach only the routes that read them: %s %s", async (method, path, read) => {
  const names = [
    "consent-a",
    "decision-a",
    "sign-in-a",
    "account",
    "account-sign-in-a",
    "entra-answer-0",
    "accounts",
    "x",
  ];
  const cookie = names.map((name) => `__Host-${name}=v`).join("; ");
  await rawRequest(twin.origin, path, { method, headers: { cookie } });
  const passed = seen.map(
    ({ headers }) => headers.cookie?.split("; ").map((pair) => pair.slice("__Host-".length, -2)) ?? [],
  );
  expect(passed).toEqual([read]);
});

/** Node's own, and the least that servers between may take. */
const HEAD_LIMIT_BYTES = 16 * 1024;

it("CAL-4 CON-4 our own cookies leave room for the longest authorization request, which the app gets three times", async () => {
  const many = (kind: string, count: number, size: number) =>
    Array.from({ length: count }, (_, index) => `__Host-${kind}-${index}=`.padEnd(size, "x"));
  // As many as a browser gets of each kind, and as long (functions/authorization-server/oauth/cookies.test.ts).
  const cookie = [
    ...many("consent", 10, 112),
    ...many("decision", 5, 265),
    ...many("sign-in", 2, 1930),
    ...many("account-sign-in", 3, 540),
    "__Host-account=".padEnd(1425, "x"),
  ].join("; ");
  const target = client.authorizationRequest({ state: undefined }).url.slice(twin.origin.length);
  const longest = `${target}&state=`.padEnd("/authorize?".length + 2048, "s");
  expect((await rawRequest(twin.origin, longest, { headers: { cookie } })).status).toBe(200);
  const [request] = seen;
  const fields = Object.entries(request?.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const twiceMore = 2 * (request?.path.length ?? 0);
  expect(request?.path.length).toBeGreaterThan(2048);
  expect(fields.join("").length + (request?.path.length ?? 0) + twiceMore).toBeLessThan(HEAD_LIMIT_BYTES);
});

it.each(["X-MS-Invocation-Id", "X-MS-Client-Principal", "X-Forwarded-Proto", "Disguised-Host"])(
  "GW-18 a client does not speak for Azure's front ends to the Functions host: %s",
  async (name) => {
    await rawRequest(twin.origin, "/health/live", { headers: { [name]: "a b" } });
    expect(seen.map(({ headers }) => headers[name.toLowerCase()])).toEqual([undefined]);
  },
);
