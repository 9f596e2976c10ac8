import { describe, expect, it } from "vitest";
import { useRecordingBackend } from "../test/support/recording-backend.ts";
import { useOwnTwin } from "../test/support/use-twin.ts";
import { checks } from "./checks/index.ts";
import { examine } from "./examine.ts";
import { visitTo } from "./testing/examination.ts";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({
  servers: [
    {
      name: "files",
      title: "Files",
      backend: { url: backend.url },
      identity: { assertion: { audience: "https://files.contoso.com/mcp" } },
      scopes: [{ name: "files.read", description: "read files" }],
    },
  ],
}));

describe("the doctor at a server that gets assertions", () => {
  it("GW-15 finds nothing wrong, and says what the server verifies with", async () => {
    const all = await examine(checks, visitTo(twin.mcpUrl));
    const wrong = all.filter(({ outcome }) => outcome === "error" || outcome === "warning");
    expect(wrong.map(({ check }) => check.name)).toEqual([]);
    const request = all.find(({ check }) => check.name === "entra-request");
    expect(request).toMatchObject({ outcome: "info", findings: [{ code: "scope-none" }] });
    expect(request?.findings[0]?.mend.join()).toContain(
      `issuer ${twin.origin}, JWKS URL ${twin.origin}/jwks, typ mcp-assertion+jwt`,
    );
    expect(all.find(({ check }) => check.name === "key-set")?.outcome).toBe("fine");
    expect(all.find(({ check }) => check.name === "entra-page")?.outcome).toBe("fine");
  });
});
