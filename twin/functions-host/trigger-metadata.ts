import type { TypedData } from "./rpc.ts";

/** What the Functions host reads a request's trigger metadata from. */
export interface TriggerRequest {
  /** As Node gives them, name and value in turn. */
  readonly rawHeaders: readonly string[];
  readonly query: URLSearchParams;
  /** Values of the route's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The body where its length was stated; the host does not read others. */
  readonly body: string;
}

/**
 * The metadata of an HTTP trigger, as the host's HTTP extension makes it: the members of a JSON body, each parameter of the
 * query and of the route, all under their own names, and then the whole query and the header fields as `Query` and
 * `Headers`, unless one of the former has taken the name. Names ignore case, and the later value wins. The caller thus chooses
 * nearly all of it.
 */
export function triggerMetadata({
  rawHeaders,
  query,
  parameters,
  body,
}: TriggerRequest): Record<string, TypedData> {
  const metadata = new Map<string, readonly [name: string, data: TypedData]>();
  const set = (name: string, data: TypedData) => {
    const [first = name] = metadata.get(name.toLowerCase()) ?? [];
    metadata.set(name.toLowerCase(), [first, data]);
  };
  for (const [name, data] of members(body)) set(name, data);
  // A function key has the name `code`, so the host leaves every such parameter out.
  for (const [name, value] of query) if (name.toLowerCase() !== "code") set(name, { string: value });
  for (const [name, value] of Object.entries(parameters)) set(name, { string: value });
  if (!metadata.has("query")) set("Query", { json: JSON.stringify(Object.fromEntries(query)) });
  if (!metadata.has("headers")) set("Headers", { json: JSON.stringify(joinedHeaders(rawHeaders)) });
  return Object.fromEntries(metadata.values());
}

/** A JSON object's members, whatever its content type says; the host leaves out arrays and null, and takes other JSON for none. */
function members(body: string): [string, TypedData][] {
  if (!/^\s*\{/.test(body)) return [];
  try {
    return Object.entries(JSON.parse(body) as Record<string, unknown>).flatMap(([name, value]) => {
      if (value === null || Array.isArray(value)) return [];
      const data = typeof value === "object" ? { json: JSON.stringify(value) } : { string: String(value) };
      return [[name, data]];
    });
  } catch {
    return [];
  }
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
