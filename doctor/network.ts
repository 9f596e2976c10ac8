import { connect, type PeerCertificate } from "node:tls";
import type { FetchLike } from "@modelcontextprotocol/client";

/** Every request ends after this many milliseconds. */
const TIMEOUT_MS = 15_000;
/** Entra's sign-in page is the longest that is read; it has some 60 KB. */
const LARGEST_BODY = 1024 * 1024;

/** A server's answer, read to its end; redirects are not followed. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface Question {
  readonly method?: "GET" | "POST" | "OPTIONS" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a server shows before it is asked anything. */
export interface Certificate {
  /** Why this machine does not trust it, as Node names it; undefined when it does. */
  readonly fault: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly validTo: number;
  /** "TLSv1.3" */
  readonly protocol: string;
}

/** Nobody answered, or not with HTTP. */
export class NetworkError extends Error {
  override name = "NetworkError";
  readonly url: string;
  /** What Node calls it, such as ENOTFOUND. */
  readonly code: string;

  constructor(url: string, code: string, message: string) {
    super(message);
    this.url = url;
    this.code = code;
  }
}

/** The doctor's only way to other machines. */
export interface Network {
  /** @throws NetworkError */
  ask(url: string, question?: Question): Promise<Answer>;
  /** @throws NetworkError when nobody speaks TLS there */
  certificate(url: string): Promise<Certificate>;
  /** For the MCP client library, which reads streams; with the same timeout. */
  readonly fetch: FetchLike;
}

/** The network as it is. */
export const network: Network = {
  ask,
  certificate,
  fetch: (url, init = {}) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout });
  },
};

async function ask(url: string, question: Question = {}): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: question.method ?? "GET",
      headers: { "user-agent": "entra-mcp-gateway-doctor", ...question.headers },
      ...(question.body === undefined ? {} : { body: question.body }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { url, status: response.status, headers: response.headers, body: await readBody(response) };
  } catch (error) {
    throw networkError(url, error);
  }
}

/** The start of the body; an event stream that stays open is no document, and is left. */
async function readBody(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return "";
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_BODY) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name is not known (DNS)",
  EAI_AGAIN: "the name could not be looked up (DNS)",
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "nobody answered",
  UND_ERR_CONNECT_TIMEOUT: "nobody answered",
  UND_ERR_SOCKET: "the connection was cut",
  TimeoutError: `there was no answer within ${TIMEOUT_MS / 1000} s`,
};

function networkError(url: string, error: unknown): NetworkError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code =
    cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const name = code ?? (error instanceof Error ? error.name : "unknown");
  return new NetworkError(url, name, WORDS[name] ?? `the connection failed (${name})`);
}

/** Connects without trusting anybody, sends nothing, and looks at the certificate. */
function certificate(url: string): Promise<Certificate> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port) || 443,
      // An address has no server name (RFC 6066 §3).
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    socket.once("timeout", () => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    socket.once("error", (error) => reject(networkError(url, error)));
    socket.once("secureConnect", () => {
      const peer = socket.getPeerCertificate();
      resolve({
        fault: socket.authorized ? undefined : faultOf(socket.authorizationError),
        subject: nameOf(peer.subject),
        issuer: nameOf(peer.issuer),
        validTo: Date.parse(peer.valid_to),
        protocol: socket.getProtocol() ?? "",
      });
      socket.destroy();
    });
  });
}

/** Node declares an `Error` and gives the code as text. */
function faultOf(error: unknown): string {
  if (error instanceof Error) return "code" in error ? String(error.code) : error.message;
  return String(error);
}

function nameOf(name: PeerCertificate["subject"] | undefined): string {
  return String(name?.CN ?? name?.O ?? "");
}
