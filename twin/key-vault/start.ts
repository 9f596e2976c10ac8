import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Component, LogSink } from "../component.ts";
import { type SelfSignedCertificate, selfSignedCertificate } from "../tls/certificate.ts";
import { startTunnel } from "../tls/tunnel.ts";
import { bearerCheck, KEY_VAULT_RESOURCE, type VaultCallers } from "./bearer.ts";
import { newVersion, operations, type StoredVersion } from "./stored-keys.ts";

export interface KeyVaultOptions extends VaultCallers {
  /** Its name in Azure; "twin-vault" when left out. */
  readonly vaultName?: string;
  /** Seconds since 1970; for keys made at other times. */
  readonly now?: () => number;
  /** Most entries in one page of a list; Key Vault's own 25 when left out. */
  readonly pageSize?: number;
  readonly log: LogSink;
}

/** What can be wrong with the vault, for as long as it is set. */
export type VaultFault =
  /** Takes the request, does what it asks, and hangs up without an answer. */
  | { readonly kind: "hangs-up" }
  /** Answers nothing at all. */
  | { readonly kind: "silent" }
  | { readonly kind: "throttles"; readonly retryAfter?: number }
  | { readonly kind: "slow"; readonly milliseconds: number };

/**
 * Key Vault on loopback, as far as its keys go. Clients call it by its name in Azure, over TLS: they go through the tunnel at
 * `proxyUrl`, and trust `certificate`.
 */
export interface LocalKeyVault extends Component {
  /** For `HTTPS_PROXY`, with 127.0.0.1 in `NO_PROXY`: the client libraries take it for plain HTTP as well. */
  readonly proxyUrl: string;
  /** PEM, for `NODE_EXTRA_CA_CERTS` or whatever else decides whom Node trusts. */
  readonly certificate: string;
  /** Makes a key, or a new version of it. @returns the version */
  rotate(key: string): string;
  enable(key: string, version: string, enabled: boolean): void;
  /** @param expiresAt seconds since 1970 */
  expire(key: string, version: string, expiresAt: number): void;
  /** Answers of every kind since the start or the last reset: `{ "sign 200": 2, "versions 401": 1 }`. */
  requests(): Readonly<Record<string, number>>;
  resetRequests(): void;
  /** How many connections clients opened since the start. */
  connections(): number;
  /**
   * @param times how many requests meet it; all until it is taken away when left out
   * @returns how many have met it
   */
  fault(fault: VaultFault | undefined, times?: number): () => number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Vaults' names end so in the public cloud. */
const DOMAIN = new URL(KEY_VAULT_RESOURCE).host;
const BODY_LIMIT = 64 * 1024;
const PAGE_SIZE = 25;

/** Starts an empty Key Vault. */
export async function startKeyVault(options: KeyVaultOptions): Promise<LocalKeyVault> {
  const host = `${options.vaultName ?? "twin-vault"}.${DOMAIN}`;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const keys = new Map<string, StoredVersion[]>();
  const bearer = bearerCheck(options);
  const counts = new Map<string, number>();
  let fault: { readonly fault: VaultFault; readonly times: number; met: number } | undefined;

  const answer = async (request: IncomingMessage): Promise<Answer & { operation: string }> => {
    const url = new URL(request.url ?? "/", `https://${host}`);
    const body = await readBody(request);
    const [collection, name = "", version = "", verb] = url.pathname
      .split("/")
      .slice(1)
      .map(decodeURIComponent);
    const operation = verb ?? (version === "versions" ? "versions" : "get");
    const allowed = await bearer.check(request.headers.authorization);
    if (allowed === "unauthorized") {
      const headers = { "www-authenticate": bearer.challenge };
      return {
        operation,
        ...failure(401, "Unauthorized", "AKV10000: Request is missing a Bearer token."),
        headers,
      };
    }
    if (allowed === "forbidden") {
      return { operation, ...failure(403, "Forbidden", "Caller is not authorized.", "ForbiddenByRbac") };
    }
    if (!url.searchParams.get("api-version")) {
      return { operation, ...failure(400, "BadParameter", "api-version must be specified") };
    }
    const versions = collection === "keys" ? keys.get(name) : undefined;
    if (!versions) return { operation, ...failure(404, "KeyNotFound", `A key named ${name} was not found.`) };
    if (operation === "versions") return { operation, ...page(url, name, versions) };
    const found = version === "" ? versions.at(-1) : versions.find((each) => each.version === version);
    if (!found) return { operation, ...failure(404, "KeyNotFound", `Version ${version} was not found.`) };
    return { operation, ...onVersion(host, name, found, operation, request.method, body, now()) };
  };

  const page = (url: URL, name: string, versions: readonly StoredVersion[]): Answer => {
    const size = options.pageSize ?? PAGE_SIZE;
    const from = Number(url.searchParams.get("$skiptoken") ?? 0);
    // Sorted by their random names, as in Azure, so that nobody relies on an order.
    const sorted = versions.toSorted((a, b) => a.version.localeCompare(b.version));
    const next = new URL(url);
    next.searchParams.set("$skiptoken", String(from + size));
    return {
      status: 200,
      body: {
        value: sorted
          .slice(from, from + size)
          .map((each) => ({ kid: keyId(host, name, each), attributes: attributes(each) })),
        nextLink: from + size < sorted.length ? next.href : null,
      },
    };
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const met = fault;
    if (met && ++met.met >= met.times) fault = undefined;
    if (met?.fault.kind === "silent") return;
    if (met?.fault.kind === "slow") await sleep(met.fault.milliseconds);
    const reply =
      met?.fault.kind === "throttles"
        ? { operation: "any", ...throttled(met.fault.retryAfter) }
        : await answer(request);
    const counted = `${reply.operation} ${reply.status}`;
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
    if (met?.fault.kind === "hangs-up") {
      response.destroy();
      return;
    }
    const headers = { "content-type": "application/json; charset=utf-8", ...reply.headers };
    response.writeHead(reply.status, headers).end(JSON.stringify(reply.body));
  };

  const tls = selfSignedCertificate([`*.${DOMAIN}`]);
  const server = await listen(tls, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      const message = JSON.stringify({ event: "failed", error: error instanceof Error ? error.message : "" });
      options.log({ component: "key-vault", level: "error", message });
      response.destroy();
    });
  });
  const tunnel = await startTunnel({ [`${host}:443`]: server.port });
  const stored = (key: string, version: string) => {
    const found = keys.get(key)?.find((each) => each.version === version);
    if (!found) throw new Error(`there is no version ${version} of ${key}`);
    return found;
  };
  return {
    name: "key-vault",
    url: `https://${host}`,
    proxyUrl: tunnel.url,
    certificate: tls.certificate,
    connections: () => tunnel.opened(),
    rotate(key) {
      const made = newVersion(now());
      keys.set(key, [...(keys.get(key) ?? []), made]);
      return made.version;
    },
    enable(key, version, enabled) {
      stored(key, version).enabled = enabled;
    },
    expire(key, version, expiresAt) {
      stored(key, version).expiresAt = expiresAt;
    },
    requests: () => Object.fromEntries(counts),
    resetRequests: () => counts.clear(),
    fault(next, times = Number.POSITIVE_INFINITY) {
      const set = next && { fault: next, times, met: 0 };
      fault = set;
      return () => set?.met ?? 0;
    },
    async stop() {
      await tunnel.stop();
      await server.stop();
    },
  };
}

function onVersion(
  host: string,
  name: string,
  found: StoredVersion,
  operation: string,
  method: string | undefined,
  body: string,
  now: number,
): Answer {
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

function failure(status: number, code: string, message: string, inner?: string): Answer {
  return { status, body: { error: { code, message, ...(inner ? { innererror: { code: inner } } : {}) } } };
}

function throttled(retryAfter: number | undefined): Answer {
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

async function listen(
  { certificate, privateKey }: SelfSignedCertificate,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer({ cert: certificate, key: privateKey }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
