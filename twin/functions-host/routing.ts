/** An HTTP-triggered function as its app registered it. */
export interface HttpFunction {
  readonly name: string;
  /** ASP.NET route template; the function's name where it is empty. */
  readonly route: string;
  /** Upper case. */
  readonly methods: readonly string[];
}

/** The function a request goes to, with the values of its route's parameters. */
export interface RouteMatch {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type Router = (method: string, path: string) => RouteMatch | undefined;

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string; readonly optional: boolean }
  | { readonly kind: "catch-all"; readonly name: string };

interface Route {
  readonly name: string;
  readonly template: string;
  readonly methods: ReadonlySet<string>;
  readonly segments: readonly Segment[];
}

/** What the Functions host keeps to itself, whatever the route prefix. */
const RESERVED = new Set(["admin", "runtime"]);

const FUNCTION_NAME = /^[A-Za-z][\w-]{0,127}$/;
const PARAMETER = /^\{(\*{0,2})([A-Za-z_]\w*)(\??)\}$/;

/**
 * Routes as the Functions host does: case-insensitive ASP.NET templates below the route prefix, tried in the order of
 * the functions' names, the first whose path and method both fit. A path that fits under another method alone is
 * therefore not found: no 405.
 *
 * @param functions in any order
 * @param routePrefix host.json's `extensions.http.routePrefix`
 * @returns a function from a method and a URL's path, percent-encoded, to the match
 * @throws Error when a name or a template is not valid, or a function would never get requests that are plainly its
 *   own, because one with a less specific route comes before it by name
 */
export function createRouter(functions: readonly HttpFunction[], routePrefix: string): Router {
  const routes = functions
    .map((each) => toRoute(each, routePrefix))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  refuseShadowed(routes);

  return (method, path) => {
    const segments = pathSegments(path);
    for (const route of routes) {
      if (!route.methods.has(method)) continue;
      const parameters = match(route.segments, segments);
      if (parameters) return { name: route.name, parameters };
    }
    return undefined;
  };
}

function toRoute({ name, route, methods }: HttpFunction, routePrefix: string): Route {
  if (!FUNCTION_NAME.test(name)) {
    throw new Error(
      `function "${name}": a name is 1 to 128 letters, digits, - and _, and starts with a letter`,
    );
  }
  const template = [routePrefix, route || name].map(trimSlashes).filter(Boolean).join("/");
  const parts = template === "" ? [] : template.split("/");
  const segments = parts.map((part, index) => toSegment(part, index === parts.length - 1, name, template));
  const [first] = segments;
  if (first?.kind === "literal" && RESERVED.has(first.text)) {
    throw new Error(
      `function "${name}": route "${template}" is below /${first.text}, which the host reserves`,
    );
  }
  return { name, template, methods: new Set(methods), segments };
}

function toSegment(part: string, last: boolean, name: string, template: string): Segment {
  if (!/[{}]/.test(part)) return { kind: "literal", text: part.toLowerCase() };
  const [, stars = "", parameter = "", optional = ""] = PARAMETER.exec(part) ?? [];
  const whole = parameter !== "" && !(stars && optional);
  if (!whole || (!last && (stars || optional))) {
    throw new Error(
      `function "${name}": route "${template}": "${part}" is not a segment this host knows ({a}, or at the end {a?} or {*a})`,
    );
  }
  if (stars) return { kind: "catch-all", name: parameter };
  return { kind: "parameter", name: parameter, optional: optional === "?" };
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

/** The path's decoded segments; one slash at the end does not count. */
function pathSegments(path: string): string[] {
  const trimmed = path.replace(/^\//, "").replace(/\/$/, "");
  return trimmed === "" ? [] : trimmed.split("/").map(decodeSegment);
}

function decodeSegment(segment: string): string {
  try {
    // A %2F stays as it is, as ASP.NET leaves it: decoded, it would look like a boundary.
    return decodeURIComponent(segment.replace(/%2f/gi, "%252F"));
  } catch {
    return segment;
  }
}

function match(route: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of route.entries()) {
    const value = path[index];
    if (segment.kind === "catch-all") {
      parameters[segment.name] = path.slice(index).join("/");
      return parameters;
    }
    if (segment.kind === "literal") {
      if (value?.toLowerCase() !== segment.text) return undefined;
    } else if (value) {
      parameters[segment.name] = value;
    } else if (!segment.optional || value === "") {
      return undefined;
    }
  }
  return path.length <= route.length ? parameters : undefined;
}

function refuseShadowed(routes: readonly Route[]): void {
  for (const [index, route] of routes.entries()) {
    const example = route.segments.map((segment) => (segment.kind === "literal" ? segment.text : "\u0000"));
    for (const earlier of routes.slice(0, index)) {
      const shared = [...route.methods].some((method) => earlier.methods.has(method));
      if (shared && match(earlier.segments, example) && specificity(route) <= specificity(earlier)) {
        throw new Error(
          `function "${route.name}" (${route.template}) would get no request: Azure Functions tries routes in the ` +
            `order of the functions' names, and "${earlier.name}" (${earlier.template}) takes them first`,
        );
      }
    }
  }
}

/** ASP.NET's order of precedence as text: per segment 1 for a literal, 3 for a parameter, 5 for a catch-all. */
function specificity({ segments }: Route): string {
  return segments.map(({ kind }) => ({ literal: "1", parameter: "3", "catch-all": "5" })[kind]).join("");
}
