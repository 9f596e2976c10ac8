import type { HttpResponse } from "../expressions/context/messages.ts";
import type { Exchange } from "../pipeline/exchange.ts";

/**
 * The response that outbound policies change.
 *
 * @throws Error when there is none yet
 */
export function currentResponse({ context }: Exchange): HttpResponse {
  if (context.response) return context.response;
  throw new Error("there is no response yet");
}
