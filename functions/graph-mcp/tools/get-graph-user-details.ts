import type { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { type Graph, profileSchema } from "../graph.ts";
import { ToolError } from "../tool-error.ts";
import { runTool, type ToolContext } from "./run-tool.ts";

const NO_USER =
  "This tool reads the profile of the signed-in person, and an application called it for itself.";

/** Registers `get_graph_user_details`: the signed-in user's own profile, read from Microsoft Graph in their name. */
export function registerGetGraphUserDetails(server: McpServer, context: ToolContext, graph: Graph): void {
  server.registerTool(
    "get_graph_user_details",
    {
      title: "Get my Microsoft Graph profile",
      description:
        "Reads the signed-in user's own profile from Microsoft Graph: name, e-mail address, job title, office and " +
        "phone numbers. Takes no arguments and cannot read anyone else's profile. A field the directory does not hold is null.",
      inputSchema: z.object({}),
      outputSchema: profileSchema,
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    (_, { mcpReq }) =>
      runTool("get_graph_user_details", context, async () => {
        if (context.caller.isWorkload) throw new ToolError("no_user", NO_USER);
        return graph.me(context.caller, mcpReq.signal);
      }),
  );
}
