import { beforeEach, describe, expect, it } from "vitest";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { FROM_ENTRA, SAME_ORIGIN, tickedOn } from "../testing/browser.ts";
import { counted, formRequest, makeCall, withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { ISSUER } from "../testing/gateway.ts";
import { BOTH_SERVERS, GRANT, REDIRECT_URI, USER, useSessions, VERIFIER } from "../testing/sessions.ts";
import { UpstreamError } from "../upstream/errors.ts";

/** What one client's life leaves in the log, endpoint by endpoint. Through the gateway: test/flows/audit.test.ts. */
const CLIENT = { id: "client", name: "Client", redirectUris: [REDIRECT_URI] };

const sessions = useSessions();
let dependencies: Dependencies;
let cookies: string[];
beforeEach(() => {
  dependencies = makeDependencies(sessions, {}, { clients: [CLIENT] });
  cookies = [];
});

type Sent = "authorize" | "consent" | "entra-answer" | "callback" | "token";

async function send(name: Sent, request: Request) {
  const call = makeCall();
  const cookie = withCookies(cookies).headers.get("cookie");
  if (cookie) request.headers.set("cookie", cookie);
  const response = await endpoints(dependencies)[name](request, call);
  cookies.push(...response.headers.getSetCookie());
  const location = response.headers.get("location");
  return {
    text: await response.text(),
    query: Object.fromEntries(location === null ? [] : new URL(location).searchParams),
    trail: call.lines.map(({ level, event, fields: { audit, network, ...fields } }) => ({
      level,
      event,
      ...fields,
    })),
  };
}

function authorize() {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: REDIRECT_URI,
    code_challenge: GRANT.challenge,
    code_challenge_method: "S256",
    scope: BOTH_SERVERS.scopes.join(" "),
  });
  for (const path of ["mcp", "notes/mcp"]) query.append("resource", `${ISSUER}/${path}`);
  return send("authorize", new Request(`${ISSUER}/authorize?${query}`));
}

function decide(page: string, decision: string, ticked = tickedOn(page)) {
  const transaction = /name="transaction" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const body = new URLSearchParams({ transaction, decision });
  for (const scope of ticked) body.append("scope", scope);
  const headers = { ...counted(body), ...SAME_ORIGIN };
  return send("consent", new Request(`${ISSUER}/consent`, { method: "POST", body, headers }));
}

async function comeBack(state: string) {
  const posted = await send("entra-answer", formRequest("/callback", { state, code: "code" }, FROM_ENTRA));
  expect(posted.trail).toEqual([]);
  return send("callback", new Request(`${ISSUER}/callback?${new URLSearchParams({ state })}`));
}

const token = (form: Readonly<Record<string, string>>) =>
  send("token", formRequest("/token", { client_id: CLIENT.id, ...form }));

const PARTIES = { client: "client", servers: "graph notes" };
const SUBJECT = { ...PARTIES, session: expect.stringMatching(/^[\w-]{22}$/), user: USER.objectId };
const ALL = { scopes: "mcp.tools mcp.admin notes.read offline_access" };
const [AT_GRAPH, AT_NOTES] = ["mcp.tools mcp.admin offline_access", "notes.read offline_access"];
const info = { level: "info" };

describe("the audit trail", () => {
  it("has one line for each decision, from the question to the revocation", async () => {
    const asked = await authorize();
    expect(asked.trail).toEqual([{ ...info, event: "consent_asked", ...PARTIES }]);
    const allowed = await decide(asked.text, "allow");
    expect(allowed.trail).toEqual([{ ...info, event: "consented", ...PARTIES, ...ALL }]);
    const back = await comeBack(allowed.query["state"] ?? "");
    expect(back.trail).toEqual([{ ...info, event: "signed_in", ...SUBJECT, ...ALL, tenant: USER.tenantId }]);
    const code = {
      grant_type: "authorization_code",
      code: back.query["code"] ?? "",
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    };
    const issued = await token(code);
    expect(issued.trail).toEqual([
      { ...info, event: "issued", ...SUBJECT, server: "graph", scopes: AT_GRAPH },
    ]);
    const { refresh_token } = JSON.parse(issued.text) as { refresh_token: string };
    const refresh = { grant_type: "refresh_token", refresh_token, resource: `${ISSUER}/notes/mcp` };
    const refreshed = await token(refresh);
    expect(refreshed.trail).toEqual([
      { ...info, event: "refreshed", ...SUBJECT, server: "notes", scopes: AT_NOTES },
    ]);
    expect((await token(refresh)).trail).toEqual([
      { ...info, event: "replayed", ...SUBJECT, server: "notes", scopes: AT_NOTES },
    ]);
    sessions.clock.advance(61);
    expect((await token(refresh)).trail).toEqual([
      { level: "warn", event: "reuse_detected", ...SUBJECT, reused: "refresh_token" },
      {
        ...info,
        event: "refused",
        ...SUBJECT,
        endpoint: "token",
        error: "invalid_grant",
        reason: "refresh_reuse",
      },
    ]);
    expect((await token(code)).trail).toMatchObject([{ event: "reuse_detected", reused: "code" }, {}]);
  });

  it("CON-8 has what a person left out", async () => {
    const allowed = await decide((await authorize()).text, "allow", ["offline_access"]);
    const decided = { scopes: "mcp.tools notes.read offline_access", leftOut: "mcp.admin" };
    expect(allowed.trail).toEqual([{ ...info, event: "consented", ...PARTIES, ...decided }]);
    const back = await comeBack(allowed.query["state"] ?? "");
    expect(back.trail).toMatchObject([{ event: "signed_in", ...decided }]);
  });

  it("has a person's no", async () => {
    expect((await decide((await authorize()).text, "deny")).trail).toEqual([
      { ...info, event: "denied", ...PARTIES },
    ]);
  });

  it("has why a person was sent to Entra once more", async () => {
    const { query } = await decide((await authorize()).text, "allow");
    const wanted = '{"access_token":{"acrs":{"value":"c1"}}}';
    const { finishSignIn } = sessions.upstream;
    sessions.upstream.finishSignIn = () =>
      Promise.reject(new UpstreamError("refused", "AADSTS50076", wanted));
    const { trail } = await comeBack(query["state"] ?? "");
    sessions.upstream.finishSignIn = finishSignIn;
    expect(trail).toEqual([{ ...info, event: "sign_in_asked_again", ...PARTIES, because: "claims" }]);
  });
});
