import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import exampleConfig from "../../examples/two-servers.config.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const twin = useOwnTwin(() => exampleConfig);

/** Connects a client of the newest revision, signed in, to one of the servers. */
async function connected(server: string): Promise<Client> {
  const resource = twin.resolved.servers.find(({ name }) => name === server)?.resource ?? "";
  const oauth = await OAuthClient.register(twin.origin);
  const { accessToken } = await oauth.signIn(new Person(twin), "Mira Okafor", { resource });
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  const requestInit = { headers: { Authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
  return client;
}

describe("subscriptions/listen", () => {
  it("GW-4 is acknowledged while its event stream is open, by a server whose tools may change", async () => {
    const client = await connected("notes");
    const subscription = await client.listen({ toolsListChanged: true }, { timeout: PATIENCE_MS });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    expect((await client.listTools()).tools).toHaveLength(2);
    await subscription.close();
    expect(await subscription.closed).toBe("local");
    await client.close();
  });

  it("GW-4 is acknowledged and ended by a server that has nothing to tell", async () => {
    const client = await connected("graph");
    const subscription = await client.listen({ toolsListChanged: true }, { timeout: PATIENCE_MS });
    expect(subscription.honoredFilter).toEqual({});
    expect(await subscription.closed).toBe("graceful");
    await client.close();
  });
});
