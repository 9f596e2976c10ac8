import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import exampleConfig from "../../examples/two-servers.config.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { startTestTwin, type TestTwin } from "../support/twin.ts";

const MIRA = "Mira Okafor";
/** Long enough to sign in and open a stream, and short enough to be waited for. */
const TOKEN_SECONDS = 4;

let twin: TestTwin;

beforeAll(async () => {
  twin = await startTestTwin({ ...exampleConfig, lifetimes: { accessToken: TOKEN_SECONDS } });
});

afterAll(() => twin?.stop());

/** Connects a client of the newest revision, signed in, to one of the servers. */
async function connected(server: string): Promise<Client> {
  const resource = twin.resolved.servers.find(({ name }) => name === server)?.resource ?? "";
  const oauth = await OAuthClient.register(twin.origin);
  const { accessToken } = await oauth.signIn(new Person(twin), MIRA, { resource });
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  const requestInit = { headers: { Authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
  return client;
}

describe.each(["graph", "notes"])("an event stream of the %s server", (server) => {
  it("GW-4 begins at once: subscriptions/listen is acknowledged while it is open", async () => {
    const client = await connected(server);
    const subscription = await client.listen({ toolsListChanged: true }, { timeout: 10_000 });
    const tools = await client.listTools();
    expect(tools.tools.length).toBeGreaterThan(0);
    await subscription.close();
    expect(await subscription.closed).toBe("local");
    await client.close();
  });

  it("GW-14 ends with the client's access token", async () => {
    const client = await connected(server);
    const subscription = await client.listen({ toolsListChanged: true }, { timeout: 10_000 });
    expect(["remote", "graceful"]).toContain(await subscription.closed);
    await client.close();
  });
});
