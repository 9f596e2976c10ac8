import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approveAndSignIn } from "../support/browser-person.ts";
import { type Stage, startStage } from "../support/browser-stage.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import type { McpProgram, McpProgramOptions } from "../support/mcp-program.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";

const CLIENTS: readonly [string, (options: McpProgramOptions) => McpProgram][] = [
  ["@modelcontextprotocol/client 2.x", (options) => sdkV2Program(options, { pin: "2026-07-28" })],
  ["@modelcontextprotocol/client 2.x in the legacy era", (options) => sdkV2Program(options, "legacy")],
  ["@modelcontextprotocol/sdk 1.x", sdkV1Program],
];

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ lifetimes: { accessToken: 3 } });
});

afterAll(() => stage.close());

describe("after the access token's end", () => {
  it.concurrent.each(CLIENTS)("TOK-5 TOK-6 %s refreshes by itself", async (_, makeProgram) => {
    const { twin, redirects, browser } = stage;
    const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: redirects.url });
    const person = await browser.person();
    const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
    const connection = await program.connect((url) => approveAndSignIn(person, url, "Mira Okafor"));
    const askedBrowser = person.requests.length;
    const before = provider.tokens();

    await endOf(before?.access_token ?? "");
    const profile = await connection.callTool("get_graph_user_details");
    const after = provider.tokens();

    expect(profile).toMatchObject({ isError: false, structured: { displayName: "Mira Okafor" } });
    expect(after?.access_token).not.toBe(before?.access_token);
    expect(after?.refresh_token).not.toBe(before?.refresh_token);
    expect(after?.scope).toBe(before?.scope);
    expect(person.requests).toHaveLength(askedBrowser);
    await connection.close();
  });
});

/** Resolves when the token's time is over. */
async function endOf(accessToken: string): Promise<void> {
  const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as {
    exp: number;
  };
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, claims.exp * 1000 - Date.now())));
}
