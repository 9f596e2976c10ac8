import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Call } from "../../platform/endpoint.ts";
import { describeError } from "../../platform/invocation-log.ts";
import type { Caller } from "../caller.ts";
import { ToolError } from "../tool-error.ts";

/** What each tool is given: on whose behalf it works, and the call it works in. */
export interface ToolContext {
  readonly caller: Caller;
  readonly call: Call;
}

/**
 * Runs one tool call, logs it in one line, and shapes its result: structured content, the same as text for clients
 * that know no other, or a tool error that the model can read.
 *
 * @param run gives the structured content; a `ToolError`'s message goes to the caller, any other error's does not
 */
export async function runTool(
  tool: string,
  { caller, call }: ToolContext,
  run: () => Promise<Record<string, unknown>>,
): Promise<CallToolResult> {
  const started = performance.now();
  const log = (outcome: string) =>
    call.log(outcome === "ok" ? "info" : "warn", "tool_call", {
      tool,
      userObjectId: caller.objectId,
      outcome,
      milliseconds: Math.round(performance.now() - started),
    });
  try {
    const structuredContent = await run();
    log("ok");
    return {
      content: [{ type: "text", text: JSON.stringify(structuredContent, null, 2) }],
      structuredContent,
    };
  } catch (error) {
    if (error instanceof ToolError) {
      log(error.code);
      return { isError: true, content: [{ type: "text", text: error.message }] };
    }
    call.log("error", "unexpected_error", describeError(error));
    log("unexpected_error");
    return {
      isError: true,
      content: [
        { type: "text", text: `This server failed. Its log has the reason under ${call.correlationId}.` },
      ],
    };
  }
}
