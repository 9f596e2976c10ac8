import type { CompiledOperation, CompiledPolicies } from "./load.ts";

/** The operation that a request is for. */
export interface Route {
  readonly found: CompiledOperation;
  readonly parameters: ReadonlyMap<string, string>;
  /** The request's path below the API's, as it came. */
  readonly path: string;
}

/** Finds operations by path and method. */
export interface Router {
  readonly route: (method: string, path: string) => Route | undefined;
}

type Segment = { readonly literal: string } | { readonly parameter: string } | { readonly rest: string };

interface Entry {
  readonly found: CompiledOperation;
  readonly prefix: readonly string[];
  readonly template: readonly Segment[];
}

/**
 * Makes a router. The API with the longest matching path answers, and of its operations the one whose template has
 * the most literal segments. A slash at the end makes no difference. Where API Management would normalize a path
 * (dot segments, double slashes, encoded slashes), nothing is found, so that no policy can be passed by.
 */
export function makeRouter({ operations }: CompiledPolicies): Router {
  const entries = operations.map(
    (found): Entry => ({
      found,
      prefix: segments(found.api.path),
      template: segments(found.operation.urlTemplate.split("?")[0] ?? "").map(templateSegment),
    }),
  );
  return {
    route: (method, path) => {
      const parts = pathSegments(path);
      if (!parts) return undefined;
      const inApi = entries.filter(({ prefix }) =>
        prefix.every((part, index) => parts[index]?.decoded === part),
      );
      const longest = Math.max(...inApi.map(({ prefix }) => prefix.length));
      const matches = inApi
        .filter(({ prefix, found }) => prefix.length === longest && found.operation.method === method)
        .flatMap((entry) => match(entry, parts, path.endsWith("/")) ?? [])
        .sort((a, b) => b.literals - a.literals);
      return matches[0]?.route;
    },
  };
}

function segments(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function templateSegment(text: string): Segment {
  if (text === "*") return { rest: "*" };
  const name = /^\{(\*?)([^{}]+)\}$/.exec(text);
  if (!name) return { literal: text };
  return name[1] === "*" || name[2] === "*" ? { rest: name[2] ?? "" } : { parameter: name[2] ?? "" };
}

interface PathSegment {
  readonly raw: string;
  readonly decoded: string;
}

/** A path's segments; undefined for a path that isn't in normal form. */
function pathSegments(path: string): PathSegment[] | undefined {
  if (!path.startsWith("/") || path.includes("//") || path.includes("\\")) return undefined;
  const parts: PathSegment[] = [];
  for (const raw of segments(path)) {
    const decoded = decode(raw);
    if (decoded === undefined || decoded === "." || decoded === ".." || /[/\\\0]/.test(decoded))
      return undefined;
    parts.push({ raw, decoded });
  }
  return parts;
}

function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

interface Match {
  readonly route: Route;
  readonly literals: number;
}

function match(
  { found, prefix, template }: Entry,
  parts: readonly PathSegment[],
  endsInSlash: boolean,
): Match | undefined {
  const below = parts.slice(prefix.length);
  const parameters = new Map<string, string>();
  let literals = 0;
  for (const [index, segment] of template.entries()) {
    if ("rest" in segment) {
      parameters.set(
        segment.rest,
        below
          .slice(index)
          .map((part) => part.decoded)
          .join("/"),
      );
      return { route: routeOf(found, parameters, below, endsInSlash), literals };
    }
    const part = below[index];
    if (part === undefined) return undefined;
    if ("parameter" in segment) parameters.set(segment.parameter, part.decoded);
    else if (segment.literal === part.decoded) literals++;
    else return undefined;
  }
  return below.length === template.length
    ? { route: routeOf(found, parameters, below, endsInSlash), literals }
    : undefined;
}

function routeOf(
  found: CompiledOperation,
  parameters: ReadonlyMap<string, string>,
  below: readonly PathSegment[],
  endsInSlash: boolean,
): Route {
  const path = below.map((part) => `/${part.raw}`).join("");
  return { found, parameters, path: endsInSlash && below.length > 0 ? `${path}/` : path };
}
