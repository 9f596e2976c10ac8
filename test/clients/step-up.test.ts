import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import { OAuthClient, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const REDIRECT_URI = "http://localhost:9999/callback";
const ALL = "mcp.tools mcp.diagnostics";

const twin = useTwin();

describe("a tool of the sample server that needs an optional scope", () => {
  it("GW-10 GW-13 serves a client that has the scope, and challenges one that has not", async () => {
    const client = await OAuthClient.register(twin.origin);
    const few = await client.signIn(new Person(twin), USER);
    expect(toolResult(await client.callTool(twin.mcpUrl, few.accessToken, "whoami"))).toBeDefined();
    const refused = await client.callTool(twin.mcpUrl, few.accessToken, "describe_access");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toBe(
      `Bearer error="insufficient_scope", resource_metadata="${twin.origin}/.well-known/oauth-protected-resource/mcp", scope="${ALL}"`,
    );

    const more = await client.signIn(new Person(twin), USER, { scope: ALL });
    const described = toolResult(await client.callTool(twin.mcpUrl, more.accessToken, "describe_access"));
    expect(described).toMatchObject({ grantedScopes: ALL.split(" "), client: client.id });
    const ends = JSON.parse(Buffer.from(more.accessToken.split(".")[1] ?? "", "base64url").toString()).exp;
    expect(described["accessEndsAt"]).toBe(new Date(ends * 1000).toISOString());
  });

  it.each(["legacy", { pin: "2026-07-28" }] as const)(
    "GW-13 has @modelcontextprotocol/client step up by itself (%o)",
    async (mode) => {
      const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: REDIRECT_URI });
      const attempt = () => {
        const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
        const transport = new StreamableHTTPClientTransport(new URL(twin.mcpUrl), { authProvider: provider });
        return { client, transport };
      };
      /** Lets the person approve what the client was sent for. @returns the scopes that it asked for */
      const approve = async (transport: StreamableHTTPClientTransport) => {
        const { url } = provider.pendingRequest();
        await transport.finishAuth(new URL(await new Person(twin).allow(url.href, USER)).searchParams);
        return url.searchParams.get("scope")?.replace(" offline_access", "");
      };

      const first = attempt();
      await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
      expect(await approve(first.transport)).toBe("mcp.tools");
      const second = attempt();
      await second.client.connect(second.transport);
      const call = () => second.client.callTool({ name: "describe_access", arguments: {} });
      await expect(call()).rejects.toThrow(UnauthorizedError);
      expect(await approve(second.transport)).toBe(ALL);
      expect((await call()).structuredContent).toMatchObject({ grantedScopes: ALL.split(" ") });
      await second.client.close();
    },
  );
});
