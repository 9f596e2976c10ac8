import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import exampleConfig from "../../examples/entra-tokens.config.ts";
import { welcome } from "../../twin/welcome.ts";
import { tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { OAuthClient, toolResult } from "../support/oauth-client.ts";
import { useOwnTwin, useTwin } from "../support/use-twin.ts";

const run = promisify(execFile);
const twin = useOwnTwin(() => exampleConfig);
const shipped = useTwin();

/** What the tool answers to the holder of a token. */
async function call(token: string, tool: string) {
  const answer = await new OAuthClient(twin.origin, "no client of ours").callTool(twin.mcpUrl, token, tool);
  expect(answer.status).toBe(200);
  return toolResult(answer);
}

describe("GW-16 the example with Entra tokens", () => {
  it("serves a workload by its app role", async () => {
    const answer = await call(await workloadToken(twin), "whoami");
    expect(answer).toMatchObject({
      clientApplicationId: twin.tenant.nightlyReport.clientId,
      isWorkload: true,
      roles: ["Mcp.Workload"],
    });
  });

  it("serves a person of a client that Entra knows, up to Microsoft Graph", async () => {
    const { accessToken } = await tokensOfPerson(twin, "Mira Okafor");
    const answer = await call(accessToken, "get_graph_user_details");
    expect(answer).toMatchObject({ displayName: "Mira Okafor" });
  });

  it("refuses a person without the role that a sign-in needs", async () => {
    const { accessToken } = await tokensOfPerson(twin, "Tess Marlow");
    const client = new OAuthClient(twin.origin, "no client of ours");
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(403);
  });

  it("says so where a tool needs a person", async () => {
    const result = await call(await workloadToken(twin), "get_graph_user_details");
    expect(result["isError"]).toBe(true);
    expect(JSON.stringify(result)).toContain("an application called it for itself");
  });

  it("starts with the commands that get a token and call with it, which work", async () => {
    const [, commands = ""] = /^Call without a sign-in.*\n((?: {2}.*\n)+)/m.exec(welcome(twin)) ?? [];
    const { stdout } = await run("sh", ["-c", commands]);
    expect(stdout).toContain('"whoami"');
  });

  it("is not spoken of where no server takes Entra tokens", () => {
    expect(welcome(shipped)).not.toContain("Call without a sign-in");
  });
});
