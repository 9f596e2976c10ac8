import { describe, expect, it } from "vitest";
import { arriveAt } from "../support/arrive-at.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import type { McpProgram, McpProgramOptions } from "../support/mcp-program.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

// Programs whose maker has them ask for a secret. They stop where a registration gives them none.

const MIRA = "Mira Okafor";

const twin = useTwin();
const redirects = useRedirectListener();

const SDKS: readonly [string, (options: McpProgramOptions) => McpProgram][] = [
  ["@modelcontextprotocol/client 2.x", (options) => sdkV2Program(options, { pin: "2026-07-28" })],
  ["@modelcontextprotocol/sdk 1.x", sdkV1Program],
];

describe.each(SDKS)("%s", (_, makeProgram) => {
  it.each(["client_secret_basic", "client_secret_post"])(
    "CLI-11 registers for %s, signs in, calls and refreshes",
    async (method) => {
      const identity = { name: "Sample desktop", redirectUri: redirects.url, authenticatesBy: method };
      const provider = new MemoryOAuthProvider(identity);
      const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
      const first = await program.connect(async (url) =>
        arriveAt(await new Person(twin).allow(url.href, MIRA)),
      );
      expect(await first.callTool("whoami")).toMatchObject({ structured: { name: MIRA } });
      await first.close();
      expect(provider.clientInformation()).toMatchObject({
        client_id: expect.stringMatching(/^s\./),
        client_secret: expect.any(String),
        token_endpoint_auth_method: method,
      });

      const before = provider.tokens();
      provider.saveTokens({ ...before, access_token: "ended", token_type: "Bearer" });
      const second = await program.connect(() => Promise.reject(new Error("the person was asked again")));
      expect(await second.callTool("whoami")).toMatchObject({ structured: { name: MIRA } });
      await second.close();
      expect(provider.tokens()?.refresh_token).not.toBe(before?.refresh_token);
    },
  );
});
