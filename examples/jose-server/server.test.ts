import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testExample } from "../../test/support/example-server.ts";
import { OAuthClient } from "../../test/support/oauth-client.ts";
import { Person } from "../../test/support/person.ts";
import { resign, signingKeyOf } from "../../test/support/signing-key.ts";

describe("GW-15 a server with jose and the MCP SDK", () => {
  const example = testExample({
    name: "files",
    command: process.execPath,
    args: () => [join(import.meta.dirname, "server.ts")],
    tool: "list_files",
    answer: { owner: "Mira Okafor", files: ["plan.md", "budget.csv"] },
  });

  it("refuses an access token even if it had the server's audience, by its type", async () => {
    const { twin, mcpUrl, backendUrl, audience } = example;
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), "Mira Okafor", {
      resource: mcpUrl,
      scope: "files.read offline_access",
    });
    const token = await resign(accessToken, await signingKeyOf(twin), { claims: { aud: audience } });
    expect((await client.callTool(backendUrl, token, "list_files")).status).toBe(401);
  });
});
