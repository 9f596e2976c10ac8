import { beforeEach, describe, expect, it } from "vitest";
import { parseCode } from "../sessions/handles.ts";
import { ISSUER } from "../testing/gateway.ts";
import { GRANT, REDIRECT_URI, useSessions } from "../testing/sessions.ts";
import { Browser, sessionsStored, type TestApp, withRegisteredClient } from "../testing/sign-in.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("one sign-in for several MCP servers", () => {
  const BOTH = [`${ISSUER}/notes/mcp`, `${ISSUER}/mcp`];

  /** A request that names its resources in this order. */
  function authorizeAt(browser: Browser, resources: readonly string[], scope: string) {
    const query = new URLSearchParams({
      response_type: "code",
      client_id: app.clientId,
      redirect_uri: REDIRECT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
      scope,
    });
    for (const resource of resources) query.append("resource", resource);
    return browser.send("authorize", `/authorize?${query}`);
  }

  /** Goes through consent and Entra. */
  async function signInAt(resources: readonly string[]) {
    const browser = new Browser(app);
    const { text } = await authorizeAt(browser, resources, "notes.read mcp.tools");
    const { location } = await browser.decide(text, "allow");
    const state = location?.searchParams.get("state") ?? "";
    return { atEntra: location, answer: await browser.comeBack({ code: "entra-code", state }) };
  }

  it("CON-2 lists each server and what it is for, on one page", async () => {
    const { text } = await authorizeAt(new Browser(app), BOTH, "notes.read notes.write mcp.tools");
    for (const fact of [
      "to use Notes and Microsoft Graph?",
      "<li>Notes: read your notes</li>",
      'value="notes.write" checked form="decide" autocomplete="off"><span><span class="meaning">Notes: change your notes</span>',
      "<li>Microsoft Graph: use the tools</li>",
      `<dd>Notes<small>${ISSUER}/notes/mcp</small></dd>`,
      `<dd>Microsoft Graph<small>${ISSUER}/mcp</small></dd>`,
    ]) {
      expect(text).toContain(fact);
    }
    expect(text).not.toContain("change the tools");
  });

  it("CON-2 names no server before each permission where there is one", async () => {
    const { text } = await authorizeAt(new Browser(app), [`${ISSUER}/notes/mcp`], "notes.read");
    expect(text).toContain("<li>read your notes</li>");
    expect(text).not.toContain("Microsoft Graph");
  });

  it("AUT-3 tells the client when one of them is none of ours", async () => {
    const { location } = await authorizeAt(
      new Browser(app),
      [...BOTH, "https://evil.example/mcp"],
      "notes.read mcp.tools",
    );
    expect(location?.searchParams.get("error")).toBe("invalid_target");
  });

  it("AUT-4 asks Entra for the first one's scope, and begins a session for all", async () => {
    const { atEntra, answer } = await signInAt(BOTH);
    expect(atEntra?.searchParams.get("scope")).toBe("api://notes/Notes.Use");
    const { session = "" } = parseCode(answer.location?.searchParams.get("code") ?? "") ?? {};
    expect(await sessions.stored(session)).toMatchObject({
      servers: ["notes", "graph"],
      scopes: ["notes.read", "mcp.tools"],
    });
  });

  it("tells a user who lacks a role at the second server which one it is, and stores nothing", async () => {
    const before = await sessionsStored(sessions);
    sessions.upstream.rolesAt = (scope) => (scope === "api://notes/Notes.Use" ? ["Mcp.User"] : []);
    const { answer } = await signInAt(BOTH);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("You have no access to Microsoft Graph");
    expect(answer.text).not.toContain("no access to Notes");
    expect(await sessionsStored(sessions)).toBe(before);
  });
});
