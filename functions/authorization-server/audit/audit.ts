import type { Call } from "../../platform/endpoint.ts";
import type { LogField, LogLevel } from "../../platform/log.ts";
import type { AuditEvent, AuditEvents } from "./events.ts";

/** A client ID may be a URL, and what a stranger gives for one may be anything. */
const LONGEST_FIELD = 300;

/**
 * Writes one security decision.
 *
 * @param level for what an operator should look at: `warn`, or `error` when the fault is ours
 */
export function audit<E extends AuditEvent>(
  call: Call,
  event: E,
  fields: AuditEvents[E],
  level: LogLevel = "info",
): void {
  const bounded = Object.entries({ ...fields } as Record<string, LogField>).map(([name, value]) => [
    name,
    typeof value === "string" ? value.slice(0, LONGEST_FIELD) : value,
  ]);
  call.log(level, event, { audit: true, network: call.network, ...Object.fromEntries(bounded) });
}
