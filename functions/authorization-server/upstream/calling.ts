import { AuthError, ClientAuthError, InteractionRequiredAuthError, ServerError } from "@azure/msal-node";
import { aadstsIn } from "../../../config/rules/entra-causes.ts";
import type { Through } from "../../platform/entra.ts";
import { type Circuit, CircuitOpenError } from "../resilience/circuit.ts";
import { claimsRequest } from "./claims-request.ts";
import { UpstreamError } from "./errors.ts";

/**
 * RFC 6749 §4.1.2.1, what msal calls a failed connection, and our own identity turned down: no fault of the user's, whose
 * session can go on when that is mended.
 */
const TRANSIENT_ERRORS = new Set([
  "invalid_client",
  "unauthorized_client",
  "temporarily_unavailable",
  "server_error",
  "network_error",
  "no_network_connectivity",
]);

/** @throws UpstreamError in place of whatever msal, or the way to Entra, fails with */
export async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const retryAfter = error instanceof TurnedAway ? error.retryAfter : undefined;
    const claims = error instanceof InteractionRequiredAuthError ? claimsRequest(error.claims) : undefined;
    throw new UpstreamError(isFinal(error) ? "refused" : "unavailable", codeOf(error), claims, retryAfter);
  }
}

/** Whether trying again cannot help. Everything that is not msal's own verdict is a matter of the way there. */
function isFinal(error: unknown): boolean {
  if (error instanceof InteractionRequiredAuthError) return true;
  if (error instanceof ServerError) {
    const status = error.status ?? 400;
    return status < 500 && status !== 429 && !TRANSIENT_ERRORS.has(error.errorCode);
  }
  return error instanceof ClientAuthError && !TRANSIENT_ERRORS.has(error.errorCode);
}

/** An open circuit in the form of an error that msal hands on as it is. */
class TurnedAway extends AuthError {
  readonly retryAfter: number;

  constructor({ message, retryAfter }: CircuitOpenError) {
    super(message, "", "");
    // msal's own constructor sets it to its own.
    Object.setPrototypeOf(this, TurnedAway.prototype);
    this.retryAfter = retryAfter;
  }
}

/** @returns how msal asks Entra: not at all while the circuit is open */
export function throughCircuit(circuit: Circuit): Through {
  return async (call) => {
    try {
      return await circuit.run(call, isOutage);
    } catch (error) {
      throw error instanceof CircuitOpenError ? new TurnedAway(error) : error;
    }
  };
}

/** Whether Entra gave no answer. Throttling is one. */
function isOutage(error: unknown): boolean {
  return !(error instanceof ServerError) || (error.status ?? 400) >= 500;
}

/** Entra's number, such as AADSTS50173, or else the code that msal or Node gave the error. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return aadstsIn(error.message) ?? (error instanceof AuthError ? error.errorCode : error.name);
}
