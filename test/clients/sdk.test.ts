import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { approveAndSignIn, type BrowserPerson } from "../support/browser-person.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import type { McpConnection, McpProgram, McpProgramOptions } from "../support/mcp-program.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { useTwin } from "../support/use-twin.ts";

const NAME = "Sample desktop";
const ALLOWED = ["Mira Okafor", "Jonas Lindqvist"];
const WITHOUT_ROLE = "Tess Marlow";

const CLIENTS: readonly [string, string, (options: McpProgramOptions) => McpProgram][] = [
  [
    "@modelcontextprotocol/client 2.x",
    "2026-07-28",
    (options) => sdkV2Program(options, { pin: "2026-07-28" }),
  ],
  [
    "@modelcontextprotocol/client 2.x in the legacy era",
    "2025-11-25",
    (options) => sdkV2Program(options, "legacy"),
  ],
  ["@modelcontextprotocol/sdk 1.x", "2025-11-25", sdkV1Program],
];

const twin = useTwin();
const browser = useBrowser();
const redirects = useRedirectListener();

describe.each(CLIENTS)("%s", (_, protocolVersion, makeProgram) => {
  const install = (query = "") => {
    const provider = new MemoryOAuthProvider({ name: NAME, redirectUri: redirects.url });
    return makeProgram({ mcpUrl: `${twin.mcpUrl}${query}`, redirects, provider });
  };
  const signIn = (program: McpProgram, person: BrowserPerson, user: string) =>
    program.connect((url) => approveAndSignIn(person, url, user));

  it.each(ALLOWED)(
    "DIS-1 DIS-2 DIS-3 DIS-4 CLI-1 AUT-1 AUT-2 AUT-3 TOK-1 GW-2 signs %s in from the MCP URL alone and calls the tools as that user",
    async (user) => {
      const program = install();
      const connection = await signIn(program, await browser.person(), user);

      expect(connection.protocolVersion).toBe(protocolVersion);
      expect(await connection.listTools()).toEqual(["get_graph_user_details", "whoami", "describe_access"]);
      const profile = await connection.callTool("get_graph_user_details");
      expect(profile).toMatchObject({ isError: false, structured: { displayName: user } });
      const caller = await connection.callTool("whoami");
      expect(caller).toMatchObject({
        isError: false,
        structured: { name: user, scopes: ["Mcp.Access"], roles: ["Mcp.User"] },
      });

      const { access_token: accessToken = "" } = program.provider.tokens() ?? {};
      expect(decodeProtectedHeader(accessToken)).toMatchObject({ typ: "at+jwt", alg: "RS256" });
      expect(decodeJwt(accessToken)).toMatchObject({ iss: twin.origin, aud: twin.mcpUrl });
      await connection.close();
    },
  );

  it("AUT-6 signs in from an MCP URL with a query, for the server's own URL", async () => {
    const program = install("?utm_source=plugin");
    const connection = await signIn(program, await browser.person(), "Mira Okafor");
    expect(await displayName(connection)).toBe("Mira Okafor");
    expect(decodeJwt(program.provider.tokens()?.access_token ?? "")).toMatchObject({
      aud: twin.mcpUrl,
    });
    await connection.close();
  });

  it("CON-1 CON-2 asks the person first, and goes to Entra only after they allowed it", async () => {
    const person = await browser.person();
    const connection = await install().connect(async (url) => {
      const tab = await person.open(url);
      expect(await tab.consent()).toMatchObject({
        question: "Allow this application to use Microsoft Graph?",
        notice: undefined,
        client: NAME,
        server: "Microsoft Graph",
        serverUrl: twin.mcpUrl,
        destination: "a program on this device",
        destinationAddress: new URL(redirects.url).host,
        warning: expect.stringContaining("Only allow this if you just started it yourself."),
      });
      expect(person.visited(twin.entra.url)).toBe(false);

      const atEntra = await tab.allow();
      expect(atEntra.origin).toBe(twin.entra.url);
      const landed = await tab.signInAs("Mira Okafor");
      expect(`${landed.origin}${landed.pathname}`).toBe(redirects.url);
    });
    await connection.close();
    expect(person.complaints).toEqual([]);
  });

  it("DIS-9 says on the consent page what the client asked for", async () => {
    const person = await browser.person();
    const shown = Promise.withResolvers<readonly string[]>();
    const attempt = install().connect(async (url) => {
      const tab = await person.open(url);
      shown.resolve((await tab.consent()).scopes);
      await tab.deny();
    });
    await expect(attempt).rejects.toThrow();
    // Each of them registers for refresh tokens, whether or not it asks for `offline_access`.
    expect(await shown.promise).toEqual([
      "use this server's tools in your name",
      expect.stringContaining("stay connected when you are not there"),
    ]);
  });

  it("AUT-2 CON-5 tells the client when the person denies", async () => {
    const person = await browser.person();
    const program = install();
    const attempt = program.connect(async (url) => {
      const tab = await person.open(url);
      const landed = await tab.deny();
      expect(landed.searchParams.get("error")).toBe("access_denied");
      expect(landed.searchParams.get("iss")).toBe(twin.origin);
    });
    await expect(attempt).rejects.toThrow("The person did not allow it.");
    expect(program.provider.tokens()).toBeUndefined();
    expect(person.visited(twin.entra.url)).toBe(false);
  });

  it("CAL-3 tells the client when the person gives up at Entra", async () => {
    const person = await browser.person();
    const program = install();
    const attempt = program.connect(async (url) => {
      const tab = await person.open(url);
      await tab.allow();
      const landed = await tab.cancelSignIn();
      expect(landed.searchParams.get("error")).toBe("access_denied");
      expect(landed.searchParams.get("iss")).toBe(twin.origin);
    });
    await expect(attempt).rejects.toThrow("The person cancelled the sign-in.");
    expect(program.provider.tokens()).toBeUndefined();
  });

  it("CAL-3 tells a person without the role which one is missing, and the client that it was refused", async () => {
    const person = await browser.person();
    const program = install();
    const attempt = program.connect(async (url) => {
      const tab = await person.open(url);
      await tab.allow();
      const landed = await tab.signInAs(WITHOUT_ROLE);
      expect(landed.origin).toBe(twin.origin);
      expect(tab.status).toBe(403);
      expect(await tab.text()).toContain("assign you “Mcp.User” in Microsoft Entra ID");

      const back = await tab.goBackToClient();
      expect(`${back.origin}${back.pathname}`).toBe(redirects.url);
      expect(back.searchParams.get("error")).toBe("access_denied");
    });
    await expect(attempt).rejects.toThrow("The person may not use this server.");
    expect(program.provider.tokens()).toBeUndefined();
  });

  it("signs in a second time with the registration that it has", async () => {
    const program = install();
    const person = await browser.person();
    const first = await signIn(program, person, "Mira Okafor");
    await first.close();
    const registered = program.provider.clientInformation()?.client_id;
    program.provider.signOut();

    const second = await signIn(program, await browser.person(), "Jonas Lindqvist");
    expect(await displayName(second)).toBe("Jonas Lindqvist");
    await second.close();
    expect(program.provider.clientInformation()?.client_id).toBe(registered);
  });

  it("CON-4 completes two sign-ins at once in one browser", async () => {
    const person = await browser.person();
    const bothAsk = rendezvous(2);
    const bothSeen = rendezvous(2);
    const bothAllowed = rendezvous(2);
    // One tab after the other, as a person clicks: consents of the same instant may make Entra ask a second time.
    let lastClick: Promise<unknown> = Promise.resolve();
    const connect = (user: string) =>
      install().connect(async (url) => {
        await bothAsk();
        const tab = await person.open(url);
        await bothSeen();
        lastClick = lastClick.then(() => tab.allow());
        await lastClick;
        await bothAllowed();
        expect((await tab.signInAs(user)).href).toContain(redirects.url);
      });
    const connections = await Promise.all(ALLOWED.map(connect));
    expect(await Promise.all(connections.map(displayName))).toEqual(ALLOWED);
    await Promise.all(connections.map((connection) => connection.close()));
    expect((await person.cookies()).filter((name) => name.includes("sign-in"))).toEqual([]);
  });
});

async function displayName(connection: McpConnection): Promise<unknown> {
  return (await connection.callTool("get_graph_user_details")).structured["displayName"];
}

/** @returns a wait that ends when so many wait */
function rendezvous(parties: number): () => Promise<void> {
  const everyone = Promise.withResolvers<void>();
  let missing = parties;
  return () => {
    missing -= 1;
    if (missing === 0) everyone.resolve();
    return everyone.promise;
  };
}
