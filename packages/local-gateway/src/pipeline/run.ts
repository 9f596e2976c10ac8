import { STATUS_CODES } from "node:http";
import { PolicyFailure } from "../errors.ts";
import { MessageBody } from "../expressions/context/body.ts";
import { HttpHeaders } from "../expressions/context/headers.ts";
import { BodyTooLarge } from "../expressions/context/limited.ts";
import { HttpResponse } from "../expressions/context/messages.ts";
import { ContextRecord, type LastErrorValues } from "../expressions/context/policy-context.ts";
import type { Exchange } from "./exchange.ts";
import { placeText } from "./services.ts";
import { runSteps, type SectionSteps, type Step, StepFailure } from "./step.ts";

/**
 * Runs a request through the sections of its policies.
 *
 * @returns the response for the client
 * @throws the signal's reason when the client has gone
 */
export async function runPipeline(sections: SectionSteps, exchange: Exchange): Promise<HttpResponse> {
  const { context } = exchange;
  try {
    await runSections(sections, exchange);
  } catch (error) {
    exchange.signal.throwIfAborted();
    await handleError(error, sections["on-error"], exchange);
  }
  const response = context.response ?? empty();
  context.response = response;
  for (const touch of exchange.onResponse) {
    try {
      await touch(response);
    } catch (error) {
      logFailure(error, undefined, exchange);
    }
  }
  return response;
}

async function runSections(sections: SectionSteps, exchange: Exchange): Promise<void> {
  if ((await runSteps(sections.inbound, exchange)) === "stop") return;
  if ((await runSteps(sections.backend, exchange)) === "stop") return;
  exchange.context.response ??= empty();
  await runSteps(sections.outbound, exchange);
}

function empty(): HttpResponse {
  return new HttpResponse(200, "OK", new MessageBody(new Uint8Array()));
}

/** Sets `context.LastError` and the response made of it, and runs `on-error`. */
async function handleError(error: unknown, onError: readonly Step[], exchange: Exchange): Promise<void> {
  const step = error instanceof StepFailure ? error.step : undefined;
  const failure = asFailure(error instanceof StepFailure ? error.cause : error);
  logFailure(failure, step, exchange);
  const { context } = exchange;
  context.lastError = new ContextRecord("ILastError", { ...lastErrorOf(failure, step) });
  if (!failure.keepsResponse || !context.response) {
    context.response?.body.discard();
    context.response = errorResponse(failure, context.requestId.value);
  }
  try {
    await runSteps(onError, exchange);
  } catch (second) {
    exchange.signal.throwIfAborted();
    const secondStep = second instanceof StepFailure ? second.step : undefined;
    const secondFailure = asFailure(second instanceof StepFailure ? second.cause : second);
    logFailure(secondFailure, secondStep, exchange);
    context.response = errorResponse(
      new PolicyFailure("OnErrorFailure", secondFailure.message),
      context.requestId.value,
    );
  }
}

function asFailure(error: unknown): PolicyFailure {
  if (error instanceof PolicyFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BodyTooLarge) {
    return new PolicyFailure("RequestBodyTooLarge", message, {
      statusCode: 413,
      publicMessage: "The body is too large.",
      cause: error,
    });
  }
  return new PolicyFailure("PolicyFailure", message, { cause: error });
}

function lastErrorOf(failure: PolicyFailure, step: Step | undefined): LastErrorValues {
  return {
    Source: failure.source ?? step?.name ?? "gateway",
    Reason: failure.reason,
    Message: failure.message,
    Scope: step?.scope ?? "global",
    Section: step?.section ?? "inbound",
    Path: step?.path ?? "",
    PolicyId: step?.id ?? null,
  };
}

/** The JSON that API Management answers errors with; internals stay inside. */
export function errorResponse(failure: PolicyFailure, requestId: string): HttpResponse {
  const { statusCode, publicMessage } = failure;
  const activity = statusCode >= 500 ? { activityId: requestId } : {};
  const body = JSON.stringify({ statusCode, message: publicMessage, ...activity });
  const headers = new HttpHeaders([["Content-Type", "application/json"], ...failure.headers]);
  return new HttpResponse(statusCode, STATUS_CODES[statusCode] ?? "", MessageBody.of(body), headers);
}

/** One line: which policy, why. Values of the request stay out of it. */
function logFailure(error: unknown, step: Step | undefined, exchange: Exchange): void {
  const failure = asFailure(error);
  const cause = failure.cause instanceof Error ? failure.cause : undefined;
  const isExpected = failure.statusCode < 500;
  exchange.services.log(isExpected ? "info" : "error", {
    event: "policy_failed",
    policy: step && placeText(step.position),
    source: failure.source ?? step?.name,
    reason: failure.reason,
    problem: isExpected ? undefined : problemOf(failure, cause),
    requestId: exchange.context.requestId.value,
  });
}

function problemOf(failure: PolicyFailure, cause: Error | undefined): string {
  const code = cause && "code" in cause ? String(cause.code) : undefined;
  return cause?.message || code || failure.message;
}
