import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../local/free-port.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import type { McpConnection } from "../support/mcp-program.ts";
import { installMcpRemote, type McpRemote } from "../support/mcp-remote.ts";
import { Person } from "../support/person.ts";
import { startTestTwin, type TestTwin } from "../support/twin.ts";

const USER = "Mira Okafor";
const CONFIGURED = { id: "desktop-proxy", name: "Desktop proxy" };

/** Seconds: some for a call, few to wait for. */
const SHORT = 2;

let twin: TestTwin;
/** One whose access tokens end soon. */
let shortTwin: TestTwin;
let remote: McpRemote;
/** What the person was asked to open. */
let opened: URL[];

beforeAll(async () => {
  const redirectUris = ["http://localhost/oauth/callback"];
  [twin, shortTwin] = await Promise.all([
    startTestTwin({ clients: [{ ...CONFIGURED, redirectUris }] }),
    startTestTwin({ clients: [{ ...CONFIGURED, redirectUris }], lifetimes: { accessToken: SHORT } }),
  ]);
});
afterAll(() => Promise.all([twin.stop(), shortTwin.stop()]));

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

describe.concurrent("mcp-remote after its access token's end", () => {
  const tokensEnd = () => new Promise((resolve) => setTimeout(resolve, SHORT * 1000));

  /** Somebody with mcp-remote; another has it at the same time. */
  async function install() {
    const asked: URL[] = [];
    const shortRemote = await installMcpRemote(shortTwin.mcpUrl);
    return {
      asked,
      start: (options: readonly string[]) =>
        shortRemote.start(options, async (url) => {
          asked.push(url);
          await arriveAt(await new Person(shortTwin).allow(url.href, USER));
        }),
      startSignedIn: (options: readonly string[]) => shortRemote.start(options, nobody),
      /** How often it refreshed. */
      refreshes() {
        const client = JSON.stringify(asked[0]?.searchParams.get("client_id"));
        return shortTwin.logs.filter(
          ({ message }) => message.includes('"refreshed"') && message.includes(client),
        ).length;
      },
      close: () => shortRemote.close(),
    };
  }

  it("TOK-5 TOK-6 refreshes by itself, while it runs and when it starts again", async () => {
    const { asked, start, startSignedIn, refreshes, close } = await install();
    try {
      const connection = await start([]);
      await tokensEnd();
      const before = refreshes();
      await useAndClose(connection);
      const between = refreshes();
      expect(between).toBeGreaterThan(before);
      await tokensEnd();
      await useAndClose(await startSignedIn([]));
      expect(refreshes()).toBeGreaterThan(between);
      expect(asked).toHaveLength(1);
    } finally {
      await close();
    }
  });

  it("TOK-5 CLI-5 refreshes as the client that the operator configured", async () => {
    const { asked, start, refreshes, close } = await install();
    try {
      const client = ["--static-oauth-client-info", JSON.stringify({ client_id: CONFIGURED.id })];
      const connection = await start([String(await freePort()), ...client]);
      await tokensEnd();
      const before = refreshes();
      await useAndClose(connection);
      expect(refreshes()).toBeGreaterThan(before);
      expect(asked.map((url) => url.searchParams.get("client_id"))).toEqual([CONFIGURED.id]);
    } finally {
      await close();
    }
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
