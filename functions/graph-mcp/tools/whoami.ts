import type { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { runTool, type ToolContext } from "./run-tool.ts";

const outputSchema = z.object({
  name: z.string().nullable().describe("Full name"),
  username: z.string().nullable().describe("Sign-in name"),
  objectId: z.string().describe("Object ID in Microsoft Entra ID"),
  tenantId: z.string().describe("Microsoft Entra ID tenant"),
  clientApplicationId: z.string().nullable().describe("Application ID of the client that got the token"),
  isWorkload: z.boolean().describe("Whether an application calls for itself, without a person"),
  scopes: z.array(z.string()).describe("Delegated scopes of the token"),
  roles: z.array(z.string()).describe("App roles of the user or application"),
  tokenEndsAt: z.iso.datetime().describe("When the token ends"),
});

/** Registers `whoami`: who this server believes the caller is. Never the token itself. */
export function registerWhoami(server: McpServer, context: ToolContext): void {
  server.registerTool(
    "whoami",
    {
      title: "Who am I",
      description:
        "Shows as whom you are connected to this server: the signed-in user, their tenant, the client application, " +
        "and the scopes and roles that the sign-in gave. Use it to check or explain access. It calls no other service.",
      inputSchema: z.object({}),
      outputSchema,
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    () =>
      runTool("whoami", context, async () => {
        const { token: _token, grant: _grant, tokenEndsAt, ...caller } = context.caller;
        return { ...caller, tokenEndsAt: tokenEndsAt.toISOString() };
      }),
  );
}
