import type { InvocationContext } from "@azure/functions";

export const CORRELATION_HEADER = "X-Correlation-Id";
const CORRELATION_ID = /^[\w-]{8,64}$/;

export function correlationIdOf(headers: Headers, context: InvocationContext): string {
  const given = headers.get(CORRELATION_HEADER) ?? "";
  return CORRELATION_ID.test(given) ? given : context.invocationId || crypto.randomUUID();
}
