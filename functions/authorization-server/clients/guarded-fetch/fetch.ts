import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { fetchUrlFault } from "../../../../config/rules/fetchable-url.ts";
import { unlessAborted } from "../../resilience/attempts.ts";
import { codeOf, FetchError, type FetchErrorKind } from "./fetch-error.ts";
import type { Network } from "./network.ts";
import { openTunnel } from "./tunnel.ts";

export interface FetchLimits {
  readonly bytes: number;
  /** For all of it: the name, the connection, the answer. */
  readonly milliseconds: number;
}

/** What was fetched. */
export interface FetchedJson {
  readonly value: unknown;
  readonly headers: IncomingHttpHeaders;
}

const HEADERS_LIMIT_BYTES = 8 * 1024;

/** Through a proxy, so much of the time is given to our own DNS, which may know no names of the internet. */
const DNS_MILLISECONDS_BEFORE_PROXY = 1_000;

/**
 * Fetches JSON from an address that a stranger named. This prevents SSRF: https only, every address of the name checked and the
 * connection made to those very addresses, no redirect, no cookie or credential, no compression, and no more bytes or time than
 * the limits.
 *
 * Where the network has a proxy, the proxy resolves the name. A name that our own DNS leads to an address inside is refused
 * anyway; for all others, the proxy has to keep its callers out of the network.
 *
 * @throws FetchError
 */
export async function fetchJson(network: Network, url: string, limits: FetchLimits): Promise<FetchedJson> {
  const fault = fetchUrlFault(url);
  if (fault) throw new FetchError("refused", `url ${fault}`);
  const deadline = AbortSignal.timeout(limits.milliseconds);
  try {
    const { hostname } = new URL(url);
    const addresses = await addressesOf(network, hostname, deadline);
    // One address inside is one too many: the name's owner would have us try until we get there.
    if (!addresses.every((address) => network.mayReach(address))) {
      throw new FetchError("forbidden", "address_not_public");
    }
    if (network.proxy === undefined) {
      if (addresses.length === 0) throw new FetchError("unavailable", "dns_without_addresses");
      return await exchange(network, url, { agent: false, lookup: pinnedTo(addresses) }, limits, deadline);
    }
    const tunnel = await openTunnel(network.proxy, `${hostname}:${network.port}`, deadline);
    try {
      return await exchange(network, url, inside(tunnel, hostname, network), limits, deadline);
    } finally {
      tunnel.destroy();
    }
  } catch (error) {
    if (error instanceof FetchError) throw error;
    const reason = deadline.aborted ? "timeout" : `network ${codeOf(error)}`;
    throw new FetchError("unavailable", reason, { cause: error });
  }
}

/** @returns the addresses that our own DNS knows; through a proxy, none where it does not know the name in time */
async function addressesOf(
  network: Network,
  hostname: string,
  deadline: AbortSignal,
): Promise<readonly string[]> {
  if (network.proxy === undefined) return unlessAborted(deadline, network.resolve(hostname, deadline));
  const soon = AbortSignal.any([deadline, AbortSignal.timeout(DNS_MILLISECONDS_BEFORE_PROXY)]);
  return unlessAborted(soon, network.resolve(hostname, soon)).catch(() => []);
}

/** How a request reaches its host. */
type Way = Pick<RequestOptions, "agent" | "lookup" | "createConnection">;

/** TLS with the host itself, over the connection that the proxy made. */
function inside(tunnel: Duplex, servername: string, network: Network): Way {
  return {
    createConnection: () =>
      connect({ socket: tunnel, servername, rejectUnauthorized: true, ...trusted(network) }),
  };
}

function trusted({ certificates }: Network): { ca?: string } {
  return certificates === undefined ? {} : { ca: certificates };
}

async function exchange(
  network: Network,
  url: string,
  way: Way,
  limits: FetchLimits,
  deadline: AbortSignal,
): Promise<FetchedJson> {
  const response = await send(network, url, way, deadline);
  try {
    requireJson(response);
    return { value: parse(await read(response, limits.bytes)), headers: response.headers };
  } finally {
    response.destroy();
  }
}

/** The name stays in the request, in SNI and in the certificate's check; only the way there comes from us. */
function send(network: Network, url: string, way: Way, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpsRequest(url, {
      method: "GET",
      port: network.port,
      // Never the global agent, which may be set to go through a proxy of the environment.
      ...way,
      headers: {
        host: new URL(url).host,
        accept: "application/json",
        "accept-encoding": "identity",
        "user-agent": "entra-mcp-gateway",
      },
      maxHeaderSize: HEADERS_LIMIT_BYTES,
      rejectUnauthorized: true,
      signal,
      ...trusted(network),
    })
      .once("response", resolve)
      // Not once: an error without a listener, after the answer has begun, would end the process.
      .on("error", reject)
      .end();
  });
}

/** Gives addresses that were checked instead of asking for them again, when they may be others (DNS rebinding). */
function pinnedTo(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all) callback(null, answers);
    else callback(null, answers[0]?.address ?? "", answers[0]?.family);
  };
}

function requireJson({ statusCode = 0, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new FetchError(kindOfStatus(statusCode), `status ${statusCode}`);
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/([\w.-]+\+)?json$/.test(type)) throw new FetchError("refused", "content_type");
  if ((headers["content-encoding"] ?? "identity") !== "identity")
    throw new FetchError("refused", "content_encoding");
}

/**
 * With these, a host turns us away, and says nothing of the document: bot protection answers 403 to addresses of clouds
 * while it serves the document to everybody else.
 */
const TURNED_AWAY = new Set([401, 403, 408, 425, 429, 451]);

function kindOfStatus(status: number): FetchErrorKind {
  if (status === 404 || status === 410) return "gone";
  return TURNED_AWAY.has(status) || status >= 500 ? "unavailable" : "refused";
}

/** Counts while it reads, whatever length the answer says it has. */
async function read(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limit) throw new FetchError("refused", "too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new FetchError("refused", "not_json", { cause });
  }
}
