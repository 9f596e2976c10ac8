import { Resolver } from "node:dns/promises";
import { isPublicAddress } from "./public-address.ts";

/** What a guarded fetch needs of the network. */
export interface Network {
  /** @returns every address of a DNS name; @throws when there is none */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Whether a connection may be made to this address. */
  mayReach(address: string): boolean;
  readonly port: number;
  /** Certificates to trust, in PEM, in place of the runtime's own. */
  readonly certificates?: string;
  /** A forward proxy, as `http://host:port`: connections go through it, and it resolves the names. */
  readonly proxy?: string;
}

const DNS_TIMEOUT_MS = 1_500;

/** The internet, reached directly, and nothing of our own networks. */
export const publicInternet: Network = { resolve: resolveByDns, mayReach: isPublicAddress, port: 443 };

/**
 * The internet by the way that the operator chose. The environment's `HTTPS_PROXY` does not count, because a proxy resolves
 * names again and connects to what it finds, whatever we checked before: the operator has to want that.
 *
 * @param proxy `http://host:port`; left out, connections are direct
 */
export function internet(proxy?: string): Network {
  return proxy === undefined ? publicInternet : { ...publicInternet, proxy };
}

/**
 * Asks DNS itself: no hosts file, no search domain, and no thread of the pool that everything else needs, which a slow name
 * server would hold.
 */
async function resolveByDns(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    if (v4.status === "rejected" && v6.status === "rejected") throw v4.reason;
    return [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
