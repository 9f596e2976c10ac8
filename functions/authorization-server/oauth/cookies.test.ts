import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { askToSignIn } from "../account/sign-in.ts";
import { signedInCookie } from "../account/signed-in.ts";
import { type RouteName, routes } from "../routes.ts";
import { passedOn } from "../testing/browser.ts";
import { withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { useSessions } from "../testing/sessions.ts";
import type { AuthorizationRequest } from "./sign-in/authorization-request.ts";
import { noteAllowed } from "./sign-in/browser-state/allowed-earlier.ts";
import { answerCookies } from "./sign-in/browser-state/answer-cookies.ts";
import { decisionCookies } from "./sign-in/browser-state/remembered-decision.ts";
import { flowCookies } from "./sign-in/browser-state/sign-in-flow.ts";
import { newSignInId, placeOf } from "./sign-in/browser-state/sign-in-id.ts";
import { startTransaction } from "./sign-in/browser-state/transaction.ts";
import { checkSize } from "./sign-in/checks/check-size.ts";

// What a request to the app brings at most, in bytes. docs/decisions/0004-sign-in-lives-in-the-browser.md has the sum.

/**
 * For a request's line and headers together. It is Node's own limit, which the apps raise to the 32 KiB of the Functions host; nobody
 * documents what the front ends between take.
 */
const HEAD_LIMIT = 16 * 1024;

/** The gateway's own token, and what browsers and Azure's front ends add, somewhat less than 2 KiB each. */
const REST = 3750;

/** API Management's v2 tiers refuse a longer one. */
const LONGEST_QUERY = 2048;

/** In the request line, and in the fields that App Service adds: "X-Original-URL" and "X-WAWS-Unencoded-URL". */
const TIMES_URL = 3;
const AROUND_URL =
  "GET  HTTP/1.1\r\n".length + "X-Original-URL: \r\n".length + "X-WAWS-Unencoded-URL: \r\n".length;

/** Our own pages tell their forms' requests where they stand, query and all (`Referrer-Policy: same-origin`). */
const LONGEST_REFERER = "Referer: \r\n".length + 100 + LONGEST_QUERY;

const GUID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
const DAY = 86_400;
const STATE = `account.tro90l176${"0".repeat(3)}.${"A".repeat(22)}`;

const READING = ["authorize", "consent", "entra-answer", "callback", "account", "account-revoke"] as const;

/** The longest query that comes to a route. Only the client's request and an operator's question are not ours. */
const QUERIES: Readonly<Record<(typeof READING)[number], number>> = {
  authorize: LONGEST_QUERY,
  consent: 0,
  "entra-answer": 0,
  callback: `state=${STATE}`.length,
  account: LONGEST_QUERY,
  "account-revoke": 0,
};

/** Printable characters that no compression makes much of. */
function noise(length: number): string {
  const characters = [...randomBytes(length)].map((byte) => String.fromCharCode(0x23 + (byte % 92)));
  return characters.join("").replaceAll("\\", "/");
}

const sessions = useSessions();
describe("what a request brings", () => {
  it("CON-4 knows every route that reads cookies", () => {
    const reading = Object.entries(routes).flatMap(([name, route]) => ("cookies" in route ? [name] : []));
    expect(READING).toEqual(expect.arrayContaining(reading));
  });

  it.each([2400, 1400, 900, 500])(
    "CAL-4 CON-4 fits into the headers of every route, after sign-ins of %i bytes and any answers",
    async (size) => {
      const dependencies = makeDependencies(
        sessions,
        {},
        { consent: { remember: { approvals: DAY, denials: DAY } } },
      );
      const { clock } = sessions;
      let held: readonly string[] = [];
      const browser = (route: RouteName) => {
        const cookie = passedOn(route, withCookies(held).headers.get("cookie") ?? "");
        return new Request("https://as.example/", { headers: cookie ? { cookie } : {} });
      };
      const most = new Map<RouteName, number>();
      const set = (cookies: readonly string[]) => {
        clock.advance(1);
        held = [...held, ...cookies];
        for (const name of READING) {
          const brings = cookiesOf(browser(name)) + besides(name);
          most.set(name, Math.max(most.get(name) ?? 0, brings));
        }
      };
      for (let round = 0; round < 12; round++) {
        const asked = await askToSignIn(dependencies, browser("account"), { user: noise(100) });
        set(asked.headers.getSetCookie());
        set([await signedInCookie(dependencies, longestSignedIn(clock.now() + 900))]);
        const request = requestOf(size, `client-${round}`);
        set((await startTransaction(dependencies, browser("authorize"), request)).cookies);
        set(await decisionCookies(dependencies, browser("consent"), request, request, true));
        set([await noteAllowed(dependencies, browser("consent"), request, request)]);
        const id = newSignInId(clock.now(), browser("consent"));
        const flow = { request, entra: { verifier: noise(43), nonce: GUID } };
        set(await flowCookies(dependencies, browser("consent"), id, flow));
        // Whatever a web site may post: in both places as much as fits into one, then the longest code that is taken.
        for (let length = 2660; length < 2760; length += 10) {
          set(await answerCookies(dependencies, stateIn((length / 10) % 2), { code: noise(length) }));
        }
        set(await answerCookies(dependencies, stateIn(0), { code: noise(4096) }));
      }
      for (const [name, brings] of most) expect(brings, name).toBeLessThan(HEAD_LIMIT);
    },
  );
});

function cookiesOf(request: Request): number {
  const cookie = request.headers.get("cookie");
  return cookie === null ? 0 : `Cookie: ${cookie}\r\n`.length;
}

/** All but the cookies. */
function besides(name: (typeof READING)[number]): number {
  const { method, path } = routes[name];
  const url = path.length + 1 + QUERIES[name];
  return TIMES_URL * url + AROUND_URL + REST + (method === "POST" ? LONGEST_REFERER : 0);
}

/** A state whose answer lies in that place. */
function stateIn(place: number): string {
  for (;;) {
    const state = `account.tro90l176.${randomBytes(16).toString("base64url")}`;
    if (placeOf(state) === place) return state;
  }
}

function longestSignedIn(expiresAt: number) {
  return {
    tenantId: GUID,
    objectId: GUID,
    name: "名".repeat(100),
    isOperator: true,
    formToken: "f".repeat(43),
    expiresAt,
    outcome: { of: "connection", ended: 1, clientName: "名".repeat(120) },
  } as const;
}

/** An authorization request of so many bytes. */
function requestOf(size: number, id: string): AuthorizationRequest {
  const request = {
    client: { id, name: "Client", grantTypes: ["authorization_code"], useIsWorthNoting: true },
    redirectUri: "https://client.example/cb",
    challenge: noise(43),
    servers: ["graph"],
    scopes: ["mcp.tools"],
    state: "",
  } as const;
  const full = { ...request, state: noise(size - Buffer.byteLength(JSON.stringify(request))) };
  checkSize(full);
  return full;
}
