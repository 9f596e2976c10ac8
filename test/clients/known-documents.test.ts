import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type ConnectProxy,
  startConnectProxy,
} from "../../functions/authorization-server/testing/connect-proxy.ts";
import { useStarted } from "../../functions/testing/started.ts";
import { type Changes, OAuthClient, send, tokensOf, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";

/** Programs that name themselves by a document, as they were seen to, and do not register when it cannot be read. */
const CLIENTS: readonly { name: string; id: string; redirectUri: string; asks: Changes }[] = [
  {
    name: "Codex",
    id: "https://chatgpt.com/oauth/codex/client.json",
    redirectUri: "http://127.0.0.1:58724/callback",
    asks: { scope: "mcp.tools" },
  },
  {
    name: "Claude Code",
    id: "https://claude.ai/oauth/claude-code-client-metadata",
    redirectUri: "http://localhost:54212/callback",
    asks: { scope: "mcp.tools offline_access", prompt: "consent" },
  },
  {
    name: "Copilot CLI",
    id: "https://github.com/copilot/cli/client-metadata.json",
    redirectUri: "http://127.0.0.1:39007/callback",
    asks: { scope: "mcp.tools offline_access", prompt: "consent" },
  },
];

const STRANGER = "https://client.example/client.json";

/** A forward proxy, so that what these tests see does not depend on whether the internet is there. */
const proxy = useStarted("the proxy", startRefusingProxy, (started) => started.stop());
const twin = useOwnTwin(() => ({
  clientDocuments: {
    proxy: proxy.url,
    copies: [
      {
        client_id: STRANGER,
        client_name: "Copied client",
        redirect_uris: ["http://localhost/callback"],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
  },
}));

async function startRefusingProxy(): Promise<ConnectProxy> {
  const started = await startConnectProxy(0);
  started.answer = (socket) => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  return started;
}
beforeEach(() => {
  proxy.asked.length = 0;
});

describe("a gateway that reaches no client's document", () => {
  it.each(CLIENTS)(
    "CLI-15 CLI-6 AUT-1 TOK-1 TOK-5 TOK-7 has $name sign in, call, refresh and revoke, and asks for the document once",
    async ({ id, redirectUri, asks }) => {
      const client = new OAuthClient(twin.origin, id, redirectUri);
      const state = randomBytes(24).toString("base64url");
      const resource = twin.mcpUrl;
      const request = client.authorizationRequest({ state, resource, ...asks });
      const broughtBack = await new Person(twin).allow(request.url, USER);
      expect(broughtBack.split("?")[0]).toBe(redirectUri);
      expect(new URL(broughtBack).searchParams.get("state")).toBe(state);

      const whoami = async (accessToken: string) =>
        toolResult(await client.callTool(resource, accessToken, "whoami"));
      const tokens = tokensOf(await client.redeem(request, client.code(broughtBack), { resource }));
      expect(await whoami(tokens.accessToken)).toMatchObject({ name: USER });
      const refreshed = tokensOf(await client.refresh(tokens.refreshToken, { resource }));
      expect(await whoami(refreshed.accessToken)).toMatchObject({ name: USER });
      expect((await client.revoke(refreshed.refreshToken)).status).toBe(200);
      expect((await client.callTool(resource, refreshed.accessToken, "whoami")).status).toBe(401);
      expect(proxy.asked).toEqual([`${new URL(id).hostname}:443`]);
    },
  );

  it("CLI-15 has the client of a copy sign in, and asks nobody for its document", async () => {
    const client = new OAuthClient(twin.origin, STRANGER, "http://localhost:50123/callback");
    const { accessToken } = await client.signIn(new Person(twin), USER, { resource: twin.mcpUrl });
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });

  it("CLI-15 has releases of Copilot CLI up to 1.0.87 sign in, too, which have another redirect URI", async () => {
    const redirectUri = "http://127.0.0.1:60005/";
    const client = new OAuthClient(twin.origin, CLIENTS[2]?.id ?? "", redirectUri);
    const broughtBack = await new Person(twin).allow(client.authorizationRequest().url, USER);
    expect(broughtBack.split("?")[0]).toBe(redirectUri);
  });

  it("CLI-15 CLI-6 does not take another redirect URI for a known client", async () => {
    for (const redirectUri of ["https://evil.example/callback", "http://127.0.0.1:58724/elsewhere"]) {
      const client = new OAuthClient(twin.origin, CLIENTS[0]?.id ?? "", redirectUri);
      const { status, headers } = await send(client.authorizationRequest().url);
      expect([status, headers.get("location")]).toEqual([400, null]);
    }
  });

  it("CLI-15 says at /authorize and at /token that the document of any other client cannot be reached", async () => {
    const client = new OAuthClient(twin.origin, "https://other.example/client.json");
    const request = client.authorizationRequest();
    const page = await send(request.url);
    expect([page.status, page.headers.get("location")]).toEqual([503, null]);
    expect(page.text).toContain("we can’t reach that document right now");
    expect(await client.redeem(request, "not-a-code")).toMatchObject({
      status: 503,
      json: {
        error: "temporarily_unavailable",
        error_description: "The document at the client_id of the application cannot be reached from here.",
      },
    });
    expect(proxy.asked).toEqual(["other.example:443"]);
  });

  it("CLI-15 tells at /health/client-documents from where each known client's document comes", async () => {
    const { status, json } = await send(`${twin.origin}/health/client-documents`);
    expect(status).toBe(200);
    const clients = json["known_clients"] as { client_id: string; from: string; problem: string }[];
    for (const { id } of CLIENTS) {
      expect(clients.find(({ client_id }) => client_id === id)).toMatchObject({
        from: "list",
        problem: "unreachable",
      });
    }
  });
});

describe("a gateway that does not advertise documents", () => {
  const silent = useOwnTwin(() => ({ clientDocuments: { advertise: false, proxy: proxy.url } }));

  it("CLI-15 has clients register, and serves those that use a document anyway", async () => {
    for (const path of ["oauth-authorization-server", "openid-configuration"]) {
      const { json } = await send(`${silent.origin}/.well-known/${path}`);
      expect(json).not.toHaveProperty("client_id_metadata_document_supported");
      expect(json["registration_endpoint"]).toBe(`${silent.origin}/register`);
    }
    const { id = "", redirectUri = "" } = CLIENTS[1] ?? {};
    const client = new OAuthClient(silent.origin, id, redirectUri);
    await client.signIn(new Person(silent), USER, { resource: silent.mcpUrl });
  });
});
