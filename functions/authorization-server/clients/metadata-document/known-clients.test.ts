import { describe, expect, it } from "vitest";
import { fetchUrlFault } from "../../../../config/rules/fetchable-url.ts";
import { isLoopbackRedirect } from "../../../../config/rules/redirect-uri.ts";
import { KNOWN_CLIENTS, metadataOf } from "./known-clients.ts";

describe("the list of known clients", () => {
  it.each(KNOWN_CLIENTS)("CLI-15 is worth nothing to who makes a fetch fail: $name", (client) => {
    const { url, name, redirectUris, seen, source } = client;
    expect(fetchUrlFault(url)).toBeUndefined();
    expect(metadataOf(client)).toEqual({
      name,
      redirectUris,
      grantTypes: ["authorization_code", "refresh_token"],
      authentication: { method: "none" },
    });
    for (const uri of redirectUris) {
      expect(isLoopbackRedirect(uri) || new URL(uri).origin === new URL(url).origin).toBe(true);
    }
    expect(new Date(seen).toISOString()).toBe(`${seen}T00:00:00.000Z`);
    expect(new URL(source).protocol).toBe("https:");
  });

  it("CLI-15 has each client once, the three that do not fall back to registration among them", () => {
    const urls = KNOWN_CLIENTS.map(({ url }) => url);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls).toEqual(
      expect.arrayContaining([
        "https://chatgpt.com/oauth/codex/client.json",
        "https://claude.ai/oauth/claude-code-client-metadata",
        "https://github.com/copilot/cli/client-metadata.json",
      ]),
    );
  });
});
