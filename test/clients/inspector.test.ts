import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { approveAndSignIn } from "../support/browser-person.ts";
import type { FinishedProgram } from "../support/finished-program.ts";
import { type Inspector, installInspector } from "../support/mcp-inspector.ts";
import { useTwin } from "../support/use-twin.ts";

const twin = useTwin();
const browser = useBrowser();

const nobody = () => Promise.reject(new Error("Inspector opened a browser"));

describe.each([["legacy"], ["modern"]])("MCP Inspector's command line, protocol era %s", (era) => {
  let inspector: Inspector;

  beforeAll(async () => {
    inspector = await installInspector();
  });

  afterAll(() => inspector.close());

  const method = (name: string, ...more: string[]) => [
    ...["--server-url", twin.mcpUrl, "--transport", "http", "--protocol-era", era],
    ...["--format", "json", "--method", name, ...more],
  ];
  const callTool = (name: string, ...more: string[]) => method("tools/call", "--tool-name", name, ...more);

  it("DIS-1 DIS-4 CLI-1 TOK-1 signs in with the browser and calls the tool as the user who signed in", async () => {
    const person = await browser.person();
    const run = await inspector.run(callTool("get_graph_user_details"), (url) =>
      approveAndSignIn(person, url, "Mira Okafor"),
    );
    expect(structuredContent(run)).toMatchObject({ displayName: "Mira Okafor" });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(person.complaints).toEqual([]);
  });

  it("goes on without the browser while its tokens last", async () => {
    const run = await inspector.run(callTool("whoami"), nobody);
    expect(structuredContent(run)).toMatchObject({ name: "Mira Okafor", roles: ["Mcp.User"] });
    expect(run).toMatchObject({ exitCode: 0 });
  });

  it("signs in again as somebody else after it forgot its tokens", async () => {
    const person = await browser.person();
    const run = await inspector.run(callTool("get_graph_user_details", "--relogin"), (url) =>
      approveAndSignIn(person, url, "Jonas Lindqvist"),
    );
    expect(structuredContent(run)).toMatchObject({ displayName: "Jonas Lindqvist" });
  });

  it("CON-5 fails with our reason when the person denies", async () => {
    const person = await browser.person();
    const run = await inspector.run(method("tools/list", "--relogin"), async (url) => {
      const landed = await (await person.open(url)).deny();
      expect(landed.searchParams.get("error")).toBe("access_denied");
    });
    expect(run.exitCode).not.toBe(0);
    expect(run.messages).toContain("The person did not allow it.");
    expect(run.output).toBe("");
  });
});

/** The tool's structured content, from what Inspector printed. */
function structuredContent({ output, messages }: FinishedProgram): unknown {
  expect(output, messages).toMatch(/^\{/);
  const { result } = JSON.parse(output) as { result: { structuredContent: unknown } };
  return result.structuredContent;
}
