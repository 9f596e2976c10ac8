import type { HttpResponse } from "../expressions/context/messages.ts";
import { emptyOk } from "./cors-policy.ts";
import type { Exchange } from "./exchange.ts";
import type { SectionSteps } from "./step.ts";

/** The method that a CORS preflight request asks for; undefined for any other request. */
export function preflightMethod(
  method: string,
  headers: { text(name: string): string | undefined },
): string | undefined {
  if (method !== "OPTIONS" || headers.text("origin") === undefined) return undefined;
  return headers.text("access-control-request-method");
}

/**
 * Answers a preflight request by the `cors` policies that stand directly in `inbound`; no other policy runs.
 *
 * @returns undefined when there is no `cors` policy
 */
export function answerPreflight(
  sections: SectionSteps,
  exchange: Exchange,
  method: string,
): HttpResponse | undefined {
  const policies = sections.inbound.flatMap((step) => step.cors ?? []);
  const origin = exchange.context.request.headers.text("origin") ?? "";
  for (const policy of policies) {
    if (policy.allows(exchange, origin)) return policy.answer(exchange, origin, method);
    if (policy.terminates(exchange)) break;
  }
  return policies.length > 0 ? emptyOk() : undefined;
}
