import type { Answer } from "../support/oauth-client.ts";
import { type Arrival, arrivedAtPage } from "../support/person.ts";

/** What came of a step, in the words of the tables; and whether that is what whoever took it wanted. */
export interface Outcome {
  readonly text: string;
  readonly good: boolean;
}

const good = (text: string): Outcome => ({ text, good: true });
export const bad = (text: string): Outcome => ({ text, good: false });

/** What a client program sees, OAuth's JSON (RFC 6749 §5.2). */
export function ofClient(answer: Answer, wanted = 200): Outcome {
  if (answer.status === wanted) return good(String(wanted));
  const error = answer.json["error"] ?? `without an error: ${answer.text}`;
  return bad(`${answer.status} ${error}${manners(answer)}`);
}

/** What an MCP client sees: JSON-RPC. */
export function ofCall(answer: Answer): Outcome {
  if (answer.status === 200) return good("200");
  const { code } = (answer.json["error"] ?? {}) as { code?: unknown };
  return bad(`${answer.status} ${code ?? `without a code: ${answer.text}`}${manners(answer)}`);
}

/** @returns what is amiss with an error besides what it says; nothing, if all is well */
function manners({ status, headers, text }: Answer): string {
  const amiss = [
    status === 503 && !(Number(headers.get("retry-after")) > 0) && "no Retry-After",
    headers.get("cache-control") !== "no-store" && "may be cached",
    !headers.get("content-type")?.startsWith("application/json") && "not JSON",
    !headers.get("x-correlation-id") && "no correlation ID",
    tellsInternals(text) && "tells internals",
  ].filter((each) => each !== false);
  return amiss.length === 0 ? "" : ` (${amiss.join(", ")})`;
}

/** What a person sees. @param button that the page has when all is well */
export function ofPerson(arrival: Arrival, button: string): Outcome {
  if ("atClient" in arrival) {
    const { searchParams } = new URL(arrival.atClient);
    const error = searchParams.get("error");
    if (searchParams.get("iss") === null || searchParams.get("state") === null) return bad("no iss or state");
    return error === null ? good("code") : bad(`error=${error}`);
  }
  const page = arrivedAtPage(arrival);
  if (page.status === 200 && page.html.includes("<form") && page.html.includes(button)) return good("page");
  const amiss = [
    !page.headers.get("content-type")?.startsWith("text/html") && "not HTML",
    tellsInternals(page.html) && "tells internals",
    page.status >= 500 && !/try again|start again|wait a moment/i.test(page.html) && "says nothing to do",
  ].filter((each) => each !== false);
  return bad(`page ${page.status}${amiss.length === 0 ? "" : ` (${amiss.join(", ")})`}`);
}

function tellsInternals(text: string): boolean {
  return /ECONN|127\.0\.0\.1|hang up|\bat \w+ \(|AADSTS|cosmos/i.test(text);
}
