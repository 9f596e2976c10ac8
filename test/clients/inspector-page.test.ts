import { beforeEach, describe, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson, Tab } from "../support/browser-person.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import { type InspectorPage, startInspectorPage } from "../support/mcp-inspector-page.ts";
import { connectUpTo, flipTo } from "../support/mcp-inspector-switch.ts";
import { signInAsBefore } from "../support/sign-in-as-before.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const TOOL = "get_graph_user_details";

const BOTH = "mcp.tools mcp.more";
/** The shipped server without its optional scope, once its operator has asked for one scope more. */
const SERVERS = shippedConfig.servers.map((server) => ({
  ...server,
  scopes: [
    ...server.scopes.filter(({ required }) => required !== false),
    { name: "mcp.more", description: "do more" },
  ],
}));

const twin = useOwnTwin({ servers: SERVERS });
const browser = useBrowser();
let inspector: InspectorPage;
let person: BrowserPerson;

beforeEach(async () => {
  inspector = await startInspectorPage(twin.mcpUrl);
  person = await browser.person();
  return async () => {
    await person.close();
    await inspector.close();
  };
});

/** Opens the page and connects. @returns the tab, at our consent page */
async function connect(): Promise<Tab> {
  const tab = await person.open(inspector.url);
  await startConnecting(tab);
  return tab;
}

async function startConnecting(tab: Tab): Promise<void> {
  await connectUpTo(tab.page, `${twin.origin}/authorize?*`);
}

async function allowAndSignIn(tab: Tab): Promise<void> {
  await tab.allowAs(USER);
  await isConnected(tab);
}

async function isConnected({ page }: Tab): Promise<void> {
  await page.getByText("Connected", { exact: true }).waitFor();
}

/** Calls the tool on the page. @returns what the page then shows */
async function callTool({ page }: Tab): Promise<string> {
  await page.getByText("Tools", { exact: true }).first().click();
  await page.getByRole("button", { name: new RegExp(TOOL) }).click();
  await page.getByRole("button", { name: "Execute Tool" }).click();
  await page.getByText(USER).first().waitFor();
  return page.getByRole("main").innerText();
}

describe("MCP Inspector's web page", () => {
  it("DIS-1 DIS-4 CLI-1 TOK-1 signs in and calls the tool as the user who signed in", async () => {
    const tab = await connect();
    expect(await tab.consent()).toMatchObject({ client: "MCP Inspector", server: "Microsoft Graph" });
    await allowAndSignIn(tab);
    expect(await callTool(tab)).toContain(USER);
    // Its own page gives up requests to its own server, and loads a typeface from the network, which there is none of.
    const itsOwn = [new URL(inspector.url).origin, "ERR_NAME_NOT_RESOLVED"];
    const complaints = person.complaints.filter((each) => !itsOwn.some((one) => each.includes(one)));
    expect(complaints).toEqual([]);
  });

  it("connects again with the tokens that it has", async () => {
    const tab = await connect();
    await allowAndSignIn(tab);
    await flipTo(tab.page, "Disconnected");
    const asked = person.navigations.length;
    await flipTo(tab.page, "Connected");
    expect(await callTool(tab)).toContain(USER);
    expect(person.navigations).toHaveLength(asked);
  });

  it("AUT-2 CON-5 tells the person that they denied it", async () => {
    const tab = await connect();
    await tab.deny();
    await tab.page.getByText("The person did not allow it.").first().waitFor();
    expect(tab.url.origin).toBe(new URL(inspector.url).origin);
  });

  it("CLI-7 registers again and signs in, when its registration and its session are gone", async () => {
    const tab = await connect();
    const before = tab.url.searchParams.get("client_id");
    await allowAndSignIn(tab);
    await flipTo(tab.page, "Disconnected");
    await forgetDocuments(twin, "clients");
    await forgetDocuments(twin, "sessions");
    twin.gateway.cache.clear();
    await startConnecting(tab);
    const after = tab.url.searchParams.get("client_id");
    expect(after).not.toBe(before);
    await allowAndSignIn(tab);
    expect(await callTool(tab)).toContain(USER);
  });

  it("TOK-10 steps up after a 403 that asks for one scope more", async () => {
    const before = await connect();
    await allowAndSignIn(before);
    await before.close();
    await inspector.keepTokens(await signInAsBefore(twin, await inspector.registered(), USER, "mcp.tools"));
    const tab = await person.open(inspector.url);
    await startConnecting(tab);
    expect(twin.logs.some(({ message }) => /"path":"\/mcp","status":403/.test(message))).toBe(true);
    expect(tab.url.searchParams.get("scope")).toBe(`${BOTH} offline_access`);
    await allowAndSignIn(tab);
    expect(await callTool(tab)).toContain(USER);
  });
});
