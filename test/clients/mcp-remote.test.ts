import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../local/free-port.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import type { McpConnection } from "../support/mcp-program.ts";
import { installMcpRemote, type McpRemote } from "../support/mcp-remote.ts";
import { Person } from "../support/person.ts";
import { startTestTwin, type TestTwin } from "../support/twin.ts";

const USER = "Mira Okafor";
const CONFIGURED = { id: "desktop-proxy", name: "Desktop proxy" };

let twin: TestTwin;
let remote: McpRemote;
/** What the person was asked to open. */
let opened: URL[];

beforeAll(async () => {
  const redirectUris = ["http://localhost/oauth/callback"];
  twin = await startTestTwin({ clients: [{ ...CONFIGURED, redirectUris }] });
});
afterAll(() => twin.stop());

beforeEach(async () => {
  remote = await installMcpRemote(twin.mcpUrl);
  opened = [];
});
afterEach(() => remote.close());

/** Signs in as a user, and brings the answer to mcp-remote. */
async function signIn(url: URL): Promise<void> {
  opened.push(url);
  await fetch(await new Person(twin).allow(url.href, USER), { signal: AbortSignal.timeout(15_000) });
}

const nobody = () => Promise.reject(new Error("mcp-remote opened a browser"));

async function useAndClose(connection: McpConnection): Promise<void> {
  expect(await connection.listTools()).toEqual(["get_graph_user_details", "whoami"]);
  expect(await connection.callTool("get_graph_user_details")).toMatchObject({
    isError: false,
    structured: { displayName: USER },
  });
  await connection.close();
}

const clientIds = () => opened.map((url) => url.searchParams.get("client_id"));

describe.each([["legacy"], ["auto"]])("mcp-remote, protocol %s", (protocol) => {
  const options = ["--protocol", protocol];

  it("DIS-1 DIS-4 CLI-1 CLI-6 TOK-1 registers, signs in with the browser and passes calls on from stdio", async () => {
    await useAndClose(await remote.start(options, signIn));
    expect(clientIds()).toEqual([expect.stringMatching(/^[\w-]{22}$/)]);
  });

  it("uses its tokens again when it starts a second time", async () => {
    await (await remote.start(options, signIn)).close();
    await useAndClose(await remote.start(options, nobody));
  });

  it("CLI-5 signs in as the client that the operator configured", async () => {
    const port = String(await freePort());
    const client = ["--static-oauth-client-info", JSON.stringify({ client_id: CONFIGURED.id })];
    await useAndClose(await remote.start([port, ...options, ...client], signIn));
    expect(clientIds()).toEqual([CONFIGURED.id]);
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
