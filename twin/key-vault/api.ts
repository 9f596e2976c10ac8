import type { IncomingMessage } from "node:http";
import { bearerCheck, type VaultCallers } from "./bearer.ts";
import { operations, type StoredVersion } from "./stored-keys.ts";

/** What the vault answers; `operation` names the request in counts. */
export interface Answer {
  readonly operation: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Outcome = Omit<Answer, "operation">;

export interface VaultContent {
  /** The vault's host name. */
  readonly host: string;
  /** Versions by the key's name, the newest last. */
  readonly keys: ReadonlyMap<string, readonly StoredVersion[]>;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Most entries in one page of a list. */
  readonly pageSize: number;
}

const BODY_LIMIT = 64 * 1024;

/** @returns how the vault answers the requests of its callers */
export function vaultApi(
  content: VaultContent,
  callers: VaultCallers,
): (request: IncomingMessage) => Promise<Answer> {
  const bearer = bearerCheck(callers);
  return async (request) => {
    const url = new URL(request.url ?? "/", `https://${content.host}`);
    const body = await readBody(request);
    const [collection, name = "", version = "", verb] = url.pathname
      .split("/")
      .slice(1)
      .map(decodeURIComponent);
    const operation = verb ?? (version === "versions" ? "versions" : "get");
    const allowed = await bearer.check(request.headers.authorization);
    if (allowed === "unauthorized") {
      const refusal = failure(401, "Unauthorized", "AKV10000: Request is missing a Bearer token.");
      return { operation, ...refusal, headers: { "www-authenticate": bearer.challenge } };
    }
    if (allowed === "forbidden") {
      return { operation, ...failure(403, "Forbidden", "Caller is not authorized.", "ForbiddenByRbac") };
    }
    if (!url.searchParams.get("api-version")) {
      return { operation, ...failure(400, "BadParameter", "api-version must be specified") };
    }
    const versions = collection === "keys" ? content.keys.get(name) : undefined;
    if (!versions) return { operation, ...failure(404, "KeyNotFound", `A key named ${name} was not found.`) };
    if (operation === "versions") return { operation, ...pageOf(content, url, name, versions) };
    const found = version === "" ? versions.at(-1) : versions.find((each) => each.version === version);
    if (!found) return { operation, ...failure(404, "KeyNotFound", `Version ${version} was not found.`) };
    const { host, now } = content;
    return { operation, ...onVersion(host, name, found, operation, request.method, body, now()) };
  };
}

function pageOf(
  { host, pageSize }: VaultContent,
  url: URL,
  name: string,
  versions: readonly StoredVersion[],
): Outcome {
  const from = Number(url.searchParams.get("$skiptoken") ?? 0);
  const end = from + pageSize;
  // Sorted by their random names, as in Azure, so that no caller relies on an order.
  const sorted = versions.toSorted((a, b) => a.version.localeCompare(b.version));
  const next = new URL(url);
  next.searchParams.set("$skiptoken", String(end));
  const value = sorted
    .slice(from, end)
    .map((each) => ({ kid: keyId(host, name, each), attributes: attributes(each) }));
  return { status: 200, body: { value, nextLink: end < sorted.length ? next.href : null } };
}

function onVersion(
  host: string,
  name: string,
  found: StoredVersion,
  operation: string,
  method: string | undefined,
  body: string,
  now: number,
): Outcome {
  if (!found.enabled) {
    return failure(
      403,
      "Forbidden",
      `Operation ${operation} is not allowed on a disabled key.`,
      "KeyDisabled",
    );
  }
  const kid = keyId(host, name, found);
  if (operation === "get") {
    const { kty, n, e } = found.publicKey.export({ format: "jwk" });
    const key = { kid, kty, key_ops: ["sign", "verify", "wrapKey", "unwrapKey"], n, e };
    return { status: 200, body: { key, attributes: attributes(found) } };
  }
  const operate = operations[operation];
  if (method !== "POST" || !operate) return failure(405, "BadMethod", "The method is not allowed.");
  // An expired key still unwraps, so that what it protects can be had.
  if (operation !== "unwrapkey" && found.expiresAt !== undefined && found.expiresAt <= now) {
    return failure(
      403,
      "Forbidden",
      `Operation ${operation} is not allowed on an expired key.`,
      "KeyExpired",
    );
  }
  const { alg, value } = JSON.parse(body) as { alg?: string; value?: string };
  const result = operate(found, alg ?? "", Buffer.from(value ?? "", "base64url"));
  return result
    ? { status: 200, body: { kid, value: result.toString("base64url") } }
    : failure(400, "BadParameter", "The algorithm or value is not valid for this key.");
}

function keyId(host: string, name: string, { version }: StoredVersion): string {
  return `https://${host}/keys/${name}/${version}`;
}

function attributes({ enabled, createdAt, updatedAt, expiresAt }: StoredVersion) {
  return {
    enabled,
    created: createdAt,
    updated: updatedAt,
    ...(expiresAt === undefined ? {} : { exp: expiresAt }),
    recoveryLevel: "Recoverable+Purgeable",
    recoverableDays: 90,
    exportable: false,
  };
}

function failure(status: number, code: string, message: string, inner?: string): Outcome {
  return { status, body: { error: { code, message, ...(inner ? { innererror: { code: inner } } : {}) } } };
}

/** @returns the answer to one request too many */
export function throttled(retryAfter: number | undefined): Outcome {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return {
    ...failure(429, "Throttled", "Request was not processed because too many requests were received."),
    headers,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new Error("the body is too large");
  }
  return text;
}
