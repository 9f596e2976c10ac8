import type { LogLine } from "../component.ts";
import type { HttpFunction } from "./routing.ts";

/**
 * What the host and an instance's process tell each other, in the shapes that the Functions host and its Node worker
 * use for the same (`RpcTypedData`, `triggerMetadata`).
 */

/** The one kind of value a streamed HTTP request needs: text, or JSON as text. */
export type TypedData = { readonly string: string } | { readonly json: string };

export interface Invocation {
  readonly invocationId: string;
  readonly functionName: string;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

/** Bytes. */
export interface InstanceMemory {
  readonly rss: number;
  readonly heapUsed: number;
}

export type ToInstance =
  | { readonly type: "invocation"; readonly invocation: Invocation }
  | { readonly type: "memory"; readonly id: number }
  | { readonly type: "advance-clock"; readonly id: number; readonly seconds: number };

export type FromInstance =
  | { readonly type: "ready"; readonly httpPort: number; readonly functions: readonly HttpFunction[] }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "log"; readonly level: LogLine["level"]; readonly message: string }
  | { readonly type: "invocation-failed"; readonly invocationId: string }
  | { readonly type: "memory"; readonly id: number; readonly memory: InstanceMemory }
  | { readonly type: "clock-advanced"; readonly id: number };

/**
 * The metadata of an HTTP trigger: each parameter of the query and of the route under its own name, and then the request's headers,
 * unless a parameter has taken their name, be it in other letters. The host does the same with the properties of a JSON body, which
 * here goes to the app unread. The rest of the request reaches the app over its HTTP stream.
 *
 * @param rawHeaders as Node gives them, name and value in turn
 */
export function triggerMetadata(
  rawHeaders: readonly string[],
  query: URLSearchParams,
  parameters: Readonly<Record<string, string>>,
): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {};
  for (const [name, value] of query) if (name.toLowerCase() !== "code") metadata[name] = { string: value };
  for (const [name, value] of Object.entries(parameters)) metadata[name] = { string: value };
  if (!Object.keys(metadata).some((name) => name.toLowerCase() === "headers")) {
    metadata["Headers"] = { json: JSON.stringify(joinedHeaders(rawHeaders)) };
  }
  return metadata;
}

/** One value a name, as the host has it: repeated headers are joined, cookies with a semicolon (RFC 6265 §5.4). */
function joinedHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}
