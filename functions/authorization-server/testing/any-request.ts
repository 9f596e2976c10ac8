import { expect } from "vitest";
import fc from "../../testing/generated-input.ts";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { KeyError } from "../keys/key-ring.ts";
import { type RouteName, routes } from "../routes.ts";
import { StoreError } from "../store/documents.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { counted, makeCall } from "./calls.ts";
import { ISSUER, resolvedGateway } from "./gateway.ts";

// What any request to an endpoint has to be answered like, whatever is out behind it.

/** Would be markup where it stood unescaped. */
export const SECRET = `s3cret-"><b>'`;
const SECRET_WORD = "s3cret-";
export const CLIENT = "inspector";
export const OBJECT_ID = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";
export const CLIENT_URI = "https://inspector.example/callback";
export const [GRAPH = ""] = resolvedGateway().servers.map((server) => server.resource);

export const FORM = { "content-type": "application/x-www-form-urlencoded" };
export const JSON_BODY = { "content-type": "application/json" };

/** What a request brings. */
export interface Sent {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
}

/** Sends a request to an endpoint, by its own method and path. */
export async function send(
  to: Dependencies,
  name: RouteName,
  { query = "", headers = {}, body }: Sent,
): Promise<Response> {
  const { method, path } = routes[name];
  const url = `${ISSUER}${path.replace("{*path}", new URL(GRAPH).pathname.slice(1))}?${query}`;
  const init = method === "GET" ? {} : { body: body ?? null };
  const added = typeof body === "string" ? counted(new URLSearchParams(body), headers["authorization"]) : {};
  const request = new Request(url, { method, headers: { ...added, ...headers }, ...init });
  return endpoints(to)[name](request, makeCall());
}

/** Whatever comes, the answer is one of ours, and tells nobody what was given for somebody else. */
export async function checkAnswer(response: Response, outage: boolean): Promise<void> {
  const text = await response.text();
  if (response.status >= 500) {
    expect(outage, `${response.status} without an outage`).toBe(true);
    expect(response.status).toBe(503);
    expect(text).toMatch(/temporarily_unavailable|not available right now|not_ready/);
  }
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/html")) expect(text).not.toMatch(/s3cret-(?:"|>|<|')|<b>/);
  if (type.startsWith("application/json") && response.status >= 400) checkError(text);
  for (const set of response.headers.getSetCookie()) expect(set).not.toContain(SECRET_WORD);
  checkLocation(response.headers.get("location"));
}

/** RFC 6749 §5.2: printable ASCII without quotes and backslashes. */
function checkError(text: string): void {
  const { error_description: description } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (description !== undefined) expect(description).toMatch(/^[ !#-[\]-~]*$/);
  expect(text).not.toContain(SECRET_WORD);
}

/** A client gets its own state back and nothing else that was given; Entra gets nothing of it. */
function checkLocation(location: string | null): void {
  if (location === null) return;
  const { origin, pathname, searchParams } = new URL(location);
  if (origin === ISSUER) {
    expect(pathname).toMatch(/^\/account(?:\/signed-out)?$/);
    expect(searchParams.get("user") ?? OBJECT_ID).toBe(OBJECT_ID);
    return;
  }
  const target = `${origin}${pathname}`;
  expect([CLIENT_URI, "http://localhost:6274/oauth/callback", "https://login.example/authorize"]).toContain(
    target,
  );
  const isEntra = origin === "https://login.example";
  const given = [...searchParams].filter(
    ([each, text]) => text.includes(SECRET_WORD) && (isEntra || each !== "state"),
  );
  expect(given).toEqual([]);
  if (!isEntra) {
    const known = ["code", "error", "error_description", "iss", "state"];
    expect([...searchParams.keys()].filter((each) => !known.includes(each))).toEqual([]);
  }
}

/** The parts behind the endpoints, each of which may be out. */
const OUTAGES: Readonly<Record<string, (all: Dependencies) => Dependencies>> = {
  none: (all) => all,
  store: (all) => {
    const out = () => Promise.reject(new StoreError("unavailable", { cause: new Error("timeout") }));
    const documents = { create: out, read: out, replace: out, listLive: out };
    const clients = {
      register: out,
      manage: out,
      find: out,
      authentication: out,
      noteUse: out,
      oweClaims: out,
      owedClaims: out,
    };
    return { ...all, clients, sessions: { ...all.sessions, documents } };
  },
  keys: (all) => {
    const out = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    const keys = { signingKey: out, publicKeys: out, dataKey: out, dataKeyById: out };
    return { ...all, keys, sessions: { ...all.sessions, keys } };
  },
  upstream: (all) => {
    const out = () => Promise.reject(new UpstreamError("unavailable", "timeout"));
    const upstream = { startSignIn: out, finishSignIn: out, accessToken: out, identity: out };
    return {
      ...all,
      pageSignIn: { start: out, finish: out },
      upstream,
      sessions: { ...all.sessions, upstream },
    };
  },
};
/** Which part is out. */
export const outage = fc.oneof(
  { weight: 2, arbitrary: fc.constant("none") },
  { weight: 1, arbitrary: fc.constantFrom("store", "keys", "upstream") },
);

/** Sends a request while something is out, or nothing, and checks the answer. */
export async function check(
  dependencies: Dependencies,
  out: string,
  name: RouteName,
  sent: Sent,
): Promise<void> {
  await checkAnswer(await send(during(dependencies, out), name, sent), out !== "none" || namesDocument(sent));
}

/** A client that is known by its metadata document cannot be looked up while that cannot be fetched. */
function namesDocument({ query, body }: Sent): boolean {
  return [query, body].some((text) => typeof text === "string" && /client_id=https/i.test(text));
}

/** Dependencies of which one part is out, or none. */
export const during = (dependencies: Dependencies, out: string) =>
  OUTAGES[out]?.(dependencies) ?? dependencies;
