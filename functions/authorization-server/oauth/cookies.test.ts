import { afterAll, beforeAll, expect, it } from "vitest";
import { withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { type Sessions, startSessions } from "../testing/sessions.ts";
import { askToSignIn } from "./account/sign-in.ts";
import { signedInCookie } from "./account/signed-in.ts";
import type { AuthorizationRequest } from "./authorize/authorization-request.ts";
import { checkSize } from "./authorize/check-size.ts";
import { decisionCookies } from "./consent/remembered-decision.ts";
import { flowCookies, newFlowId } from "./consent/sign-in-flow.ts";
import { startTransaction } from "./consent/transaction.ts";

/** Node's own (`--max-http-header-size`), for a request's line and headers together. */
const HEAD_LIMIT_BYTES = 16 * 1024;

/** For Entra's code, the gateway's own token, and what browsers and hosts add, somewhat less than 2 KiB each. */
const REST_BYTES = 5.5 * 1024;

const GUID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
const DAY = 86_400;

let sessions: Sessions;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());

it.each([2400, 1400, 900, 500])(
  "CON-4 cookies of every kind together leave room in a request, after sign-ins of %i bytes",
  async (size) => {
    const dependencies = makeDependencies(
      sessions,
      {},
      { consent: { remember: { approvals: DAY, denials: DAY } } },
    );
    const { clock } = sessions;
    let held: readonly string[] = [];
    let most = 0;
    const browser = () => withCookies(held);
    const set = (cookies: readonly string[]) => {
      clock.advance(1);
      held = [...held, ...cookies];
      most = Math.max(most, (browser().headers.get("cookie") ?? "").length);
    };
    for (let round = 0; round < 12; round++) {
      const asked = await askToSignIn(dependencies, browser(), { user: "u".repeat(100) });
      set(asked.headers.getSetCookie());
      set([await signedInCookie(dependencies, longestSignedIn(clock.now() + 900))]);
      const request = requestOf(size, `client-${round}`);
      set((await startTransaction(dependencies, browser(), request)).cookies);
      set(await decisionCookies(dependencies, browser(), request, "allow", true));
      const flow = { request, entra: { verifier: "v".repeat(43), nonce: GUID } };
      set(await flowCookies(dependencies, browser(), newFlowId(clock.now()), flow));
    }
    expect(most).toBeLessThan(HEAD_LIMIT_BYTES - REST_BYTES);
  },
);

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
    challenge: "c".repeat(43),
    servers: ["graph"],
    scopes: ["mcp.tools"],
    state: "",
  } as const;
  const full = { ...request, state: "s".repeat(size - Buffer.byteLength(JSON.stringify(request))) };
  checkSize(full);
  return full;
}
