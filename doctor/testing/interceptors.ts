import type { Interceptor, PassingAnswer, PassingRequest } from "../../test/support/fault-proxy.ts";

/** Changes the answers to a path, whatever their query. */
export function answersAt(
  path: string,
  change: (answer: PassingAnswer, request: PassingRequest) => PassingAnswer,
): Interceptor {
  return async (request, forward) => {
    const answer = await forward(request);
    return pathOf(request) === path ? change(answer, request) : answer;
  };
}

/** Changes members of the JSON documents at some paths; undefined takes a member out. */
export function documentsAt(
  paths: readonly string[],
  members: Readonly<Record<string, unknown>>,
): Interceptor {
  return async (request, forward) => {
    const answer = await forward(request);
    if (!paths.includes(pathOf(request)) || request.method !== "GET") return answer;
    return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), ...members }) };
  };
}

/** Answers at a path in place of what stands behind. */
export function insteadAt(path: string, answer: Partial<PassingAnswer>): Interceptor {
  return async (request, forward) =>
    pathOf(request) === path ? { status: 200, headers: {}, body: "", ...answer } : forward(request);
}

/** Changes the query of the URL that one path redirects to. */
export function redirectsAt(path: string, change: (location: URL) => void): Interceptor {
  return answersAt(path, (answer) => {
    const location = URL.parse(String(answer.headers["location"] ?? ""));
    if (!location) return answer;
    change(location);
    return { ...answer, headers: { ...answer.headers, location: location.href } };
  });
}

/** Takes headers out of the answers at a path. */
export function withoutHeaders(path: string, ...names: readonly string[]): Interceptor {
  return answersAt(path, (answer) => ({
    ...answer,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !names.includes(name))),
  }));
}

/** @returns whether a request carries an access token of the gateway's own */
export function hasAccessToken({ headers }: PassingRequest): boolean {
  const [header = ""] = headers.authorization?.replace(/^Bearer /, "").split(".") ?? [];
  return Buffer.from(header, "base64url").includes('"at+jwt"');
}

function pathOf({ path }: PassingRequest): string {
  return path.split("?")[0] ?? path;
}
