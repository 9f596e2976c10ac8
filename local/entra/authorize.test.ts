import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { DemoUser } from "./directory.ts";
import { type Changes, type Driving, drive } from "./driving.ts";

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
    ["a response mode other than query", { response_mode: "fragment" }, "invalid_request", 70007],
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
      new RegExp(`^AADSTS${aadsts}: .+ Trace ID: \\S+ Correlation ID: \\S+ Timestamp: [\\d-]+ [\\d:]+Z$`),
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
