import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CODE_LENGTH } from "./authorization-codes.ts";
import type { DemoUser } from "./directory.ts";
import { answerOf, type Changes, type Driving, drive } from "./driving.ts";

let driving: Driving;
let user: DemoUser;

beforeAll(async () => {
  driving = await drive();
  user = driving.tenant.users[0] as DemoUser;
});
afterAll(() => driving.entra.stop());
afterEach(() => {
  vi.useRealTimers();
});

async function open(changes: Changes): Promise<Response> {
  return fetch(driving.authorizeUrl(changes), { redirect: "manual" });
}

/** Parameters of the redirect to the client. */
async function refused(changes: Changes): Promise<URLSearchParams> {
  const response = await open(changes);
  expect(response.status).toBe(302);
  const location = response.headers.get("location") ?? "";
  expect(location.startsWith(`${driving.redirectUri}?`)).toBe(true);
  const parameters = new URL(location).searchParams;
  expect(parameters.get("state")).toBe("c3RhdGU+/w==");
  return parameters;
}

describe("the authorization endpoint", () => {
  it.each([
    ["an unknown client", { client_id: "00000000-0000-4000-8000-000000000000" }, "AADSTS700016"],
    ["no client", { client_id: undefined }, "AADSTS900144"],
    ["an unknown redirect URI", { redirect_uri: "http://localhost:8080/callback/" }, "AADSTS50011"],
    ["a redirect URI of another host", { redirect_uri: "https://evil.example/callback" }, "AADSTS50011"],
  ])("shows a page and never redirects for %s", async (_what, changes, code) => {
    const response = await open(changes);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).toContain(code);
  });

  it("escapes what the request put into the error page", async () => {
    const page = await (await open({ redirect_uri: "https://x/<script>alert(1)</script>" })).text();
    expect(page).not.toContain("<script>");
  });

  it.each<[string, Changes, string, number]>([
    ["a resource parameter", { resource: "http://localhost:8080/mcp" }, "invalid_target", 9010010],
    ["a response type other than code", { response_type: "token" }, "unsupported_response_type", 70005],
    ["an ID token from the front", { response_type: "code id_token" }, "unsupported_response_type", 700054],
    [
      "a response mode that is for programs in a web page",
      { response_mode: "fragment" },
      "invalid_request",
      70007,
    ],
    ["no scope", { scope: undefined }, "invalid_request", 900144],
    ["a scope Graph has not", { scope: "mcp.read" }, "invalid_scope", 650053],
    ["an unknown resource", { scope: "api://unknown/Mcp.Access" }, "invalid_resource", 500011],
    [
      "a scope without consent",
      { scope: "https://graph.microsoft.com/User.Read" },
      "consent_required",
      65001,
    ],
    ["no PKCE", { code_challenge: undefined }, "invalid_request", 50147],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request", 501491],
    ["a silent request", { prompt: "none" }, "login_required", 50058],
    ["an unknown prompt", { prompt: "sometimes" }, "invalid_request", 90023],
  ])("sends the client an error for %s", async (_what, changes, error, aadsts) => {
    const parameters = await refused(changes);
    expect(parameters.get("error")).toBe(error);
    expect(parameters.get("error_description")).toMatch(
      new RegExp(
        `^AADSTS${aadsts}: .+\r\nTrace ID: \\S+\r\nCorrelation ID: \\S+\r\nTimestamp: [\\d-]+ [\\d:]+Z$`,
      ),
    );
  });

  it("refuses scopes of two resources at once", async () => {
    const scope = `https://graph.microsoft.com/User.Read api://${driving.tenant.graphMcp.clientId}/Mcp.Access`;
    expect((await refused({ scope })).get("error_description")).toContain("AADSTS28000");
  });

  it("refuses an app's token for itself unless it names itself by its GUID", async () => {
    const { clientId } = driving.tenant.signIn;
    expect((await refused({ scope: `api://${clientId}/.default` })).get("error_description")).toContain(
      "AADSTS90009",
    );
  });

  it("refuses a parameter that stands twice", async () => {
    const response = await fetch(`${driving.authorizeUrl()}&state=another`, { redirect: "manual" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("AADSTS9002313");
  });

  it("knows one tenant", async () => {
    const response = await fetch(driving.authorizeUrl().replace(driving.tenant.tenantId, "common"));
    expect(await response.text()).toContain("AADSTS90002");
  });

  it("puts the user of login_hint first, with the focus", async () => {
    const hinted = driving.tenant.users[1] as DemoUser;
    const page = await (await open({ login_hint: hinted.userPrincipalName })).text();
    expect(page.indexOf(hinted.displayName)).toBeGreaterThan(0);
    expect(page.indexOf(hinted.displayName)).toBeLessThan(page.indexOf(user.displayName));
    expect(page.match(/autofocus/g)).toHaveLength(1);
  });
});

describe("the sign-in page", () => {
  it("works without script and cannot be framed", async () => {
    const response = await open({});
    expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    const page = await response.text();
    expect(page).not.toContain("<script");
    expect(page).toContain("Local stand-in for Microsoft Entra ID – no password, no account");
  });

  it("gives the client access_denied when the user cancels", async () => {
    const back = await driving.signIn(driving.authorizeUrl(), undefined);
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect(back.searchParams.get("error_subcode")).toBe("cancel");
    expect(back.searchParams.get("error_description")).toContain("AADSTS65004");
    expect(back.searchParams.get("state")).toBe("c3RhdGU+/w==");
  });

  it("completes two flows at once, each with its own state", async () => {
    const [one, two] = await Promise.all(
      ["one", "two"].map((state) => driving.signIn(driving.authorizeUrl({ state }), user.oid)),
    );
    expect(one?.searchParams.get("state")).toBe("one");
    expect(two?.searchParams.get("state")).toBe("two");
    expect(one?.searchParams.get("code")).not.toBe(two?.searchParams.get("code"));
  });

  it("refuses a form that it did not make", async () => {
    const response = await fetch(`${driving.entra.url}/${driving.tenant.tenantId}/login`, {
      method: "POST",
      body: new URLSearchParams({ flow: "forged", user: user.oid }),
      redirect: "manual",
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("AADSTS50089");
  });

  it("ends after 15 minutes", async () => {
    const page = await (await fetch(driving.authorizeUrl())).text();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * 60_000 });
    const response = await fetch(`${driving.entra.url}/${driving.tenant.tenantId}/login`, {
      method: "POST",
      body: new URLSearchParams({
        flow: /name="flow" value="([^"]+)"/.exec(page)?.[1] ?? "",
        user: user.oid,
      }),
    });
    expect(await response.text()).toContain("AADSTS50089");
  });

  it("refuses a user who is not in the tenant", async () => {
    await expect(driving.signIn(driving.authorizeUrl(), "nobody")).rejects.toThrow("AADSTS9002313");
  });

  it("keeps out a user without a role where assignment is required, with a page", async () => {
    const { applications, graphMcp } = driving.tenant;
    const strict = await drive({
      applications: applications.map((each) =>
        each === graphMcp ? { ...each, assignmentRequired: true } : each,
      ),
    });
    const unassigned = driving.tenant.users[2] as DemoUser;
    await expect(strict.signIn(strict.authorizeUrl(), unassigned.oid)).rejects.toThrow("AADSTS50105");
    expect((await strict.signIn(strict.authorizeUrl(), user.oid)).searchParams.has("code")).toBe(true);
    await strict.entra.stop();
  });
});

describe("the answer by form_post", () => {
  const posted = (changes: Changes = {}) => driving.authorizeUrl({ response_mode: "form_post", ...changes });

  it("posts code, state and session_state to the redirect URI, by itself or by a button", async () => {
    const back = await driving.signIn(posted(), user.oid);
    expect(`${back.origin}${back.pathname}`).toBe(driving.redirectUri);
    expect([...back.searchParams.keys()]).toEqual(["code", "state", "session_state"]);
    expect(back.searchParams.get("state")).toBe("c3RhdGU+/w==");
    const page = await (await fetch(posted({ prompt: "none" }))).text();
    expect(page).toMatch(/<noscript>.*<button[^>]*>Continue<\/button><\/noscript>/);
    expect(page).toContain("<script>document.forms[0].submit();</script>");
  });

  it("issues codes as long as the longest that Entra is reported to issue", async () => {
    const back = await driving.signIn(posted(), user.oid);
    expect(back.searchParams.get("code")).toMatch(new RegExp(`^1\\.[\\w-]{${CODE_LENGTH - 2}}$`));
    expect(CODE_LENGTH).toBe(2319);
  });

  it("posts an error, with the line breaks of its description", async () => {
    const response = await fetch(posted({ scope: "mcp.read" }), { redirect: "manual" });
    expect(response.status).toBe(200);
    const { searchParams } = await answerOf(response);
    expect(searchParams.get("error")).toBe("invalid_scope");
    expect(searchParams.get("error_description")).toMatch(/^AADSTS650053: .+\r\nTrace ID: /);
    expect(searchParams.get("state")).toBe("c3RhdGU+/w==");
  });

  it("runs the script of its own page alone", async () => {
    const response = await fetch(posted({ state: `"><script>alert(1)</script>`, prompt: "none" }));
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; .*; script-src 'sha256-[^']+'$/,
    );
    expect((await response.text()).match(/<script>/g)).toHaveLength(1);
  });
});

describe("a person who is signed in", () => {
  /** Signs in at the page. @returns the browser's cookie */
  async function cookieAfter(oid: string, cookie = "", changes: Changes = {}): Promise<string> {
    const page = await (await fetch(driving.authorizeUrl({ prompt: "select_account", ...changes }))).text();
    const response = await fetch(`${driving.entra.url}/${driving.tenant.tenantId}/login`, {
      method: "POST",
      body: new URLSearchParams({ flow: /name="flow" value="([^"]+)"/.exec(page)?.[1] ?? "", user: oid }),
      headers: { cookie },
      redirect: "manual",
    });
    const set = response.headers.get("set-cookie") ?? "";
    expect(set).toMatch(/^ESTSAUTH=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=None$/);
    return set.split(";")[0] ?? "";
  }
  const again = (cookie: string, changes: Changes = {}) =>
    fetch(driving.authorizeUrl(changes), { headers: { cookie }, redirect: "manual" });
  const [other, third] = [1, 2].map((index) => () => driving.tenant.users[index] as DemoUser);

  it("goes back to the client at once, with a code", async () => {
    const response = await again(await cookieAfter(user.oid));
    expect(response.status).toBe(302);
    const { code, state } = Object.fromEntries((await answerOf(response)).searchParams);
    expect([code?.length, state]).toEqual([CODE_LENGTH, "c3RhdGU+/w=="]);
    expect(
      (await answerOf(await again(await cookieAfter(user.oid), { prompt: "none" }))).searchParams.has("code"),
    ).toBe(true);
  });

  it.each(["login", "select_account", "consent"])("is asked all the same with prompt=%s", async (prompt) => {
    const response = await again(await cookieAfter(user.oid), { prompt });
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining(user.displayName),
    ]);
  });

  it("picks one of several, unless the client names it", async () => {
    const cookie = await cookieAfter(other?.().oid ?? "", await cookieAfter(user.oid));
    expect((await again(cookie)).status).toBe(200);
    expect((await again(cookie, { login_hint: user.userPrincipalName })).status).toBe(302);
    expect((await again(cookie, { login_hint: third?.().userPrincipalName })).status).toBe(200);
  });

  it("is asked for a second factor, and once more after their sessions were revoked", async () => {
    const stranger = await drive();
    const cookie = await cookieAfter(user.oid);
    driving.entra.requireMultifactor(user.oid);
    expect((await again(cookie)).status).toBe(200);
    const passed = await cookieAfter(user.oid);
    expect((await again(passed)).status).toBe(302);
    driving.entra.revokeUser(user.oid);
    expect((await again(passed)).status).toBe(200);
    expect((await fetch(stranger.authorizeUrl(), { headers: { cookie: passed } })).status).toBe(200);
    await stranger.entra.stop();
  });

  it("is nobody any more after signing out", async () => {
    const url = `${driving.entra.url}/${driving.tenant.tenantId}/oauth2/v2.0/logout`;
    const response = await fetch(url, { headers: { cookie: await cookieAfter(user.oid) } });
    expect(response.headers.get("set-cookie")).toMatch(/^ESTSAUTH=; .*Max-Age=0$/);
    expect(await response.text()).toContain("You signed out");
  });
});
