import { beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../twin/free-port.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import type { McpConnection } from "../support/mcp-program.ts";
import { installMcpRemote, type McpRemote } from "../support/mcp-remote.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const CONFIGURED = { id: "desktop-proxy", name: "Desktop proxy" };

/** How long an access token lasts, in seconds. */
const ACCESS_TOKEN = 3600;

const twin = useOwnTwin({
  clients: [{ ...CONFIGURED, redirectUris: ["http://localhost/oauth/callback"] }],
});
let remote: McpRemote;
/** What the person was asked to open. */
let opened: URL[];

beforeEach(async () => {
  const installed = await installMcpRemote(twin.mcpUrl);
  remote = installed;
  opened = [];
  return () => installed.close();
});

/** Signs in as a user, and brings the answer to mcp-remote. */
async function signIn(url: URL): Promise<void> {
  opened.push(url);
  await arriveAt(await new Person(twin).allow(url.href, USER));
}

const nobody = () => Promise.reject(new Error("mcp-remote opened a browser"));

async function useAndClose(connection: McpConnection): Promise<void> {
  expect(await connection.listTools()).toEqual(["get_graph_user_details", "whoami", "describe_access"]);
  expect(await connection.callTool("get_graph_user_details")).toMatchObject({
    isError: false,
    structured: { displayName: USER },
  });
  await connection.close();
}

const clientIds = () => opened.map((url) => url.searchParams.get("client_id"));

describe("mcp-remote", () => {
  it.each([["legacy"], ["auto"]])(
    "DIS-1 DIS-4 CLI-1 CLI-6 TOK-1 registers, signs in once and passes calls on from stdio, protocol %s",
    async (protocol) => {
      const options = ["--protocol", protocol];
      await useAndClose(await remote.start(options, signIn));
      expect(clientIds()).toEqual([expect.stringMatching(/^[\w-]{22}$/)]);
      await useAndClose(await remote.start(options, nobody));
    },
  );

  it("CLI-5 signs in as the client that the operator configured", async () => {
    const port = String(await freePort());
    const client = ["--static-oauth-client-info", JSON.stringify({ client_id: CONFIGURED.id })];
    await useAndClose(await remote.start([port, ...client], signIn));
    expect(clientIds()).toEqual([CONFIGURED.id]);
    await useAndClose(await remote.start([port, ...client], nobody));
  });
});

describe("mcp-remote after its access token's end", () => {
  /** How often the client that signed in has refreshed. */
  const refreshes = async () => {
    const client = JSON.stringify(clientIds()[0]);
    return (await twin.allLogs()).filter(
      ({ message }) => message.includes('"refreshed"') && message.includes(client),
    ).length;
  };

  it("TOK-5 TOK-6 refreshes by itself, while it runs and when it starts again", async () => {
    const connection = await remote.start([], signIn);
    expect(await refreshes()).toBe(0);
    await twin.advance(ACCESS_TOKEN);
    await useAndClose(connection);
    expect(await refreshes()).toBe(1);
    await twin.advance(ACCESS_TOKEN);
    await useAndClose(await remote.start([], nobody));
    expect(await refreshes()).toBe(2);
  });

  it("TOK-5 CLI-5 refreshes as the client that the operator configured", async () => {
    const client = ["--static-oauth-client-info", JSON.stringify({ client_id: CONFIGURED.id })];
    const connection = await remote.start([String(await freePort()), ...client], signIn);
    expect(clientIds()).toEqual([CONFIGURED.id]);
    await twin.advance(ACCESS_TOKEN);
    const before = await refreshes();
    await useAndClose(connection);
    expect(await refreshes()).toBe(before + 1);
  });
});

describe("mcp-remote after its registration is gone", () => {
  it("CLI-7 goes on with the session that it has", async () => {
    await (await remote.start([], signIn)).close();
    await forgetDocuments(twin, "clients");
    await useAndClose(await remote.start([], nobody));
  });

  it("CLI-7 registers again and signs in, when its session is gone, too", async () => {
    await (await remote.start([], signIn)).close();
    await forgetDocuments(twin, "clients");
    await forgetDocuments(twin, "sessions");
    twin.gateway.cache.clear();
    await useAndClose(await remote.start([], signIn));
    const [before, after] = clientIds();
    expect(after).toMatch(/^[\w-]{22}$/);
    expect(after).not.toBe(before);
  });
});
