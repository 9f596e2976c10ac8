import { describe, expect, it } from "vitest";
import exampleConfig from "../../examples/tool-rules.config.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import {
  ALLOWED,
  GAVE_UP,
  KEEPS_ITS_OWN,
  NEEDS_ROLE,
  NEEDS_SCOPE,
  SENDS_NONE,
  type Use,
} from "../support/ruled-tools.ts";
import { inspector, mcporter, mcpRemote } from "../support/ruled-tools-programs.ts";
import { sdkV1, sdkV2 } from "../support/ruled-tools-sdk.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const WITH_ROLE = "Jonas Lindqvist";
const WITHOUT_ROLE = "Mira Okafor";
const STEPPED_UP = "asked for mcp.tools mcp.diagnostics, then used";
const RELOGIN = `${GAVE_UP}; with --relogin ${STEPPED_UP}`;
/** Its own sign-in asks for what the first challenge names. */
const NOT_ASKED = "wants a sign-in; after one, wants a sign-in";
/** What each program is told where it lacks the role, and where all of its batch is refused. */
const ROLE = "told the role";
const MISMATCH = "told the mismatch";

const twin = useOwnTwin(exampleConfig);

describe("GW-12 programs at a server with access rules", () => {
  it.each<[string, string, Use, string, string, string, string]>([
    // program, revision, missing scope, missing role, batch, header mismatch
    ["SDK 2", "2026-07-28", sdkV2({ pin: "2026-07-28" }), STEPPED_UP, ROLE, MISMATCH, KEEPS_ITS_OWN],
    ["SDK 2", "2025-11-25", sdkV2("legacy"), STEPPED_UP, ROLE, ROLE, MISMATCH],
    ["SDK 1", "2025-11-25", sdkV1, GAVE_UP, ROLE, ROLE, MISMATCH],
    ["Inspector", "2026-07-28", inspector("modern"), RELOGIN, "not in the list", SENDS_NONE, KEEPS_ITS_OWN],
    ["Inspector", "2025-11-25", inspector("legacy"), RELOGIN, "not in the list", SENDS_NONE, MISMATCH],
    ["mcp-remote", "2026-07-28", mcpRemote("auto"), STEPPED_UP, ROLE, SENDS_NONE, KEEPS_ITS_OWN],
    ["mcp-remote", "2025-11-25", mcpRemote("legacy"), STEPPED_UP, ROLE, SENDS_NONE, MISMATCH],
    ["mcporter", "2025-11-25", mcporter, NOT_ASKED, ROLE, SENDS_NONE, MISMATCH],
  ])("%s, %s", async (_, _revision, use, missingScope, missingRole, batch, mismatch) => {
    expect(await use(twin, WITHOUT_ROLE)).toEqual({
      tools: [ALLOWED, NEEDS_SCOPE],
      allowed: "used",
      missingRole,
      missingScope,
      batch,
      mismatch,
    });
  });

  it("lets somebody with the role see and use all three", async () => {
    expect(await sdkV2({ pin: "2026-07-28" })(twin, WITH_ROLE)).toMatchObject({
      tools: [NEEDS_ROLE, ALLOWED, NEEDS_SCOPE],
      allowed: "used",
      missingRole: "used",
      missingScope: STEPPED_UP,
    });
  });
});

describe("GW-12 what no program sends by itself, at a server with access rules", () => {
  const call = (name: string, id: number) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: {} },
  });

  it.each<[string, string, Readonly<Record<string, string>>, unknown, number, number]>([
    ["a batch", "2025-03-26", {}, [call("whoami", 1), call("get_graph_user_details", 2)], 403, -32004],
    [
      "a batch that lacks a scope",
      "2025-03-26",
      {},
      [call("describe_access", 2), call("whoami", 1)],
      403,
      -32001,
    ],
    [
      "a tool that is not the body's",
      "2025-11-25",
      { "mcp-name": "whoami" },
      call("describe_access", 1),
      400,
      -32020,
    ],
    [
      "a tool that is not the body's",
      "2026-07-28",
      { "mcp-method": "tools/call", "mcp-name": "whoami" },
      call("describe_access", 1),
      400,
      -32020,
    ],
    ["no tool", "2026-07-28", { "mcp-method": "tools/call" }, call("whoami", 1), 400, -32020],
    ["no method", "2026-07-28", { "mcp-name": "whoami" }, call("whoami", 1), 400, -32020],
  ])("%s, %s", async (_, revision, headers, message, status, code) => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), WITHOUT_ROLE);
    const answer = await send(twin.mcpUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": revision,
        ...headers,
      },
      body: JSON.stringify(message),
    });
    const errors = [JSON.parse(answer.text)].flat().map(({ error }) => error.code);
    expect([answer.status, errors.includes(code)]).toEqual([status, true]);
    expect(answer.headers.has("www-authenticate")).toBe(code === -32001);
  });
});
