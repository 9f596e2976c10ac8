import type { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { runTool, type ToolContext } from "./run-tool.ts";

const outputSchema = z.object({
  grantedScopes: z.array(z.string()).describe("What the person allowed at the gateway"),
  client: z.string().nullable().describe("ID of the client at the gateway"),
  accessEndsAt: z.iso.datetime().nullable().describe("When the client's access token ends"),
});

/** Registers `describe_access`: what the gateway tells this server of the call. It is held to a scope; see tool-scopes.ts. */
export function registerDescribeAccess(server: McpServer, context: ToolContext): void {
  server.registerTool(
    "describe_access",
    {
      title: "Describe my access",
      description:
        "Shows what you allowed this client at the gateway: the scopes, the client's ID, and when its access ends. " +
        "Needs a scope of its own, which the client asks for when it first calls this tool. It calls no other service.",
      inputSchema: z.object({}),
      outputSchema,
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    () =>
      runTool("describe_access", context, async () => {
        const { scopes, client, tokenEndsAt } = context.caller.grant;
        return { grantedScopes: scopes, client, accessEndsAt: tokenEndsAt?.toISOString() ?? null };
      }),
  );
}
