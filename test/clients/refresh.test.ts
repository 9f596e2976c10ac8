import { describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { approveAndSignIn } from "../support/browser-person.ts";
import { installInspector } from "../support/mcp-inspector.ts";
import { startInspectorPage } from "../support/mcp-inspector-page.ts";
import { connectUpTo } from "../support/mcp-inspector-switch.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import type { McpProgram, McpProgramOptions, OpenBrowser } from "../support/mcp-program.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
/** How long an access token lasts, in seconds. */
const ACCESS_TOKEN = 3600;

const CLIENTS: readonly [string, (options: McpProgramOptions) => McpProgram][] = [
  ["@modelcontextprotocol/client 2.x", (options) => sdkV2Program(options, { pin: "2026-07-28" })],
  ["@modelcontextprotocol/client 2.x in the legacy era", (options) => sdkV2Program(options, "legacy")],
  ["@modelcontextprotocol/sdk 1.x", sdkV1Program],
];

const twin = useOwnTwin();
const browser = useBrowser();
const redirects = useRedirectListener();

describe("after the access token's end", () => {
  it.each(CLIENTS)("TOK-5 TOK-6 %s refreshes by itself", async (_, makeProgram) => {
    const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: redirects.url });
    const person = await browser.person();
    const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
    const connection = await program.connect((url) => approveAndSignIn(person, url, USER));
    const askedBrowser = person.requests.length;
    const before = provider.tokens();

    await twin.advance(ACCESS_TOKEN);
    const profile = await connection.callTool("get_graph_user_details");
    const after = provider.tokens();

    expect(profile).toMatchObject({ isError: false, structured: { displayName: USER } });
    expect(after?.access_token).not.toBe(before?.access_token);
    expect(after?.refresh_token).not.toBe(before?.refresh_token);
    expect(after?.scope).toBe(before?.scope);
    expect(person.requests).toHaveLength(askedBrowser);
    await connection.close();
  });

  it.each(CLIENTS)(
    "CON-8 %s asks the person again where it may not stay connected",
    async (_, makeProgram) => {
      const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: redirects.url });
      const person = await browser.person();
      const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
      let asked = 0;
      const approveOnce = async (url: URL) => {
        asked += 1;
        const tab = await person.open(url);
        await tab.page.getByLabel("stay connected").uncheck();
        return tab.allowAs(USER);
      };
      const before = await program.connect(approveOnce);
      expect(provider.tokens()?.refresh_token).toBeUndefined();
      await before.close();
      await twin.advance(ACCESS_TOKEN);
      const after = await program.connect(approveOnce);
      const profile = await after.callTool("get_graph_user_details");
      expect([asked, profile]).toMatchObject([2, { isError: false, structured: { displayName: USER } }]);
      await after.close();
    },
  );
});

/** Of one client; others are at it at the same time. */
const refreshesOf = async (client: string) =>
  (await twin.allLogs()).filter(
    ({ message }) => message.includes('"refreshed"') && message.includes(JSON.stringify(client)),
  ).length;
const clientOf = (url: URL | undefined) => url?.searchParams.get("client_id") ?? "no client";

describe("MCP Inspector after the access token's end", () => {
  it("TOK-5 TOK-6 refreshes by itself: the command line, in its next run", async () => {
    const inspector = await installInspector();
    try {
      const person = await browser.person();
      const run = (openBrowser: OpenBrowser, ...method: string[]) =>
        inspector.run(
          [
            ...["--server-url", twin.mcpUrl, "--transport", "http", "--format", "json"],
            ...["--method", ...method],
          ],
          openBrowser,
        );
      let client = "";
      const signIn = (url: URL) => {
        client = clientOf(url);
        return approveAndSignIn(person, url, USER);
      };
      const listed = await run(signIn, "tools/list");
      expect(listed.output, listed.messages).toContain("whoami");
      await twin.advance(ACCESS_TOKEN);
      expect(await refreshesOf(client)).toBe(0);
      const nobody = () => Promise.reject(new Error("Inspector opened a browser"));
      const called = await run(nobody, "tools/call", "--tool-name", "whoami");
      expect(called.output, called.messages).toContain(USER);
      expect(await refreshesOf(client)).toBe(1);
    } finally {
      await inspector.close();
    }
  });

  it("TOK-5 TOK-6 refreshes by itself: the web page, while it is connected", async () => {
    const inspector = await startInspectorPage(twin.mcpUrl);
    const person = await browser.person();
    try {
      const tab = await person.open(inspector.url);
      await connectUpTo(tab.page, `${twin.origin}/authorize?*`);
      const client = clientOf(tab.url);
      await tab.allow();
      await tab.signInAs(USER);
      await tab.page.getByText("Connected", { exact: true }).waitFor();
      await tab.page.getByText("Tools", { exact: true }).first().click();
      await tab.page.getByRole("button", { name: /whoami/ }).click();
      await twin.advance(ACCESS_TOKEN);
      expect(await refreshesOf(client)).toBe(0);
      const asked = person.navigations.length;
      await tab.page.getByRole("button", { name: "Execute Tool" }).click();
      await tab.page.getByText(USER).first().waitFor();
      expect(await refreshesOf(client)).toBe(1);
      expect(person.navigations).toHaveLength(asked);
    } finally {
      await person.close();
      await inspector.close();
    }
  });
});
