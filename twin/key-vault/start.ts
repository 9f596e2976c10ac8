import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Component, LogSink } from "../component.ts";
import { type SelfSignedCertificate, selfSignedCertificate } from "../tls/certificate.ts";
import { startTunnel } from "../tls/tunnel.ts";
import { throttled, vaultApi } from "./api.ts";
import { KEY_VAULT_RESOURCE, type VaultCallers } from "./bearer.ts";
import { newVersion, type StoredVersion } from "./stored-keys.ts";

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

/** Vaults' names end so in the public cloud. */
const DOMAIN = new URL(KEY_VAULT_RESOURCE).host;
const PAGE_SIZE = 25;

/** Starts an empty Key Vault. */
export async function startKeyVault(options: KeyVaultOptions): Promise<LocalKeyVault> {
  const host = `${options.vaultName ?? "twin-vault"}.${DOMAIN}`;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const keys = new Map<string, StoredVersion[]>();
  const answer = vaultApi({ host, keys, now, pageSize: options.pageSize ?? PAGE_SIZE }, options);
  const counts = new Map<string, number>();
  let fault: { readonly fault: VaultFault; readonly times: number; met: number } | undefined;

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

async function listen(
  { certificate, privateKey }: SelfSignedCertificate,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer({ cert: certificate, key: privateKey }, listener);
  // Azure keeps idle connections for minutes. Node would close one after five seconds, perhaps with a request on its way in it.
  server.keepAliveTimeout = 0;
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
