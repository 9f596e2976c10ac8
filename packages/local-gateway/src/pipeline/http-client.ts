import http from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PolicyFailure } from "../errors.ts";
import { MessageBody } from "../expressions/context/body.ts";
import { HttpHeaders } from "../expressions/context/headers.ts";
import { BodyTooLarge } from "../expressions/context/limited.ts";
import { HttpResponse } from "../expressions/context/messages.ts";
import { HOP_BY_HOP } from "./hop-by-hop.ts";

/** A request as it is sent to a backend. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  /** They belong to the client now, which adapts them to the connection. */
  readonly headers: HttpHeaders;
  readonly body: Uint8Array | Readable | null;
  /** Until the response's head has arrived. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly followRedirects: boolean;
}

const MOST_REDIRECTS = 5;

/** Backends see few connections and many requests. One that answers early then has no reason to cut the request off. */
const AGENTS = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true }),
};

/** Removes a message's fields that are meant for one connection only. */
export function keepEndToEnd(headers: HttpHeaders): HttpHeaders {
  const listed = headers.values("connection").flatMap((value) => value.split(","));
  for (const name of HOP_BY_HOP) headers.remove(name);
  for (const name of listed) headers.remove(name.trim());
  return headers;
}

/**
 * Sends a request over node:http or node:https, so that nothing is decoded or rewritten on the way.
 *
 * @returns the response; its body is still a stream
 * @throws PolicyFailure with reason Timeout, BackendConnectionFailure or ClientConnectionFailure
 */
export async function send(request: OutgoingRequest): Promise<HttpResponse> {
  let current = request;
  for (let redirects = 0; ; redirects++) {
    const response = await sendAgain(current);
    const location = response.headers.text("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode) && location !== undefined;
    if (!request.followRedirects || !isRedirect || redirects === MOST_REDIRECTS) return response;
    response.body.discard();
    current = redirected(current, response.statusCode, new URL(location, current.url));
  }
}

/** RFC 9110 §15.4: 303, and 301 and 302 after POST, go on with GET; credentials stay on their own origin. */
function redirected(request: OutgoingRequest, status: number, url: URL): OutgoingRequest {
  const asGet = status === 303 || (status < 303 && request.method === "POST");
  const headers = request.headers.copy();
  if (url.origin !== request.url.origin) for (const name of ["authorization", "cookie"]) headers.remove(name);
  if (asGet) for (const name of ["content-type", "content-length"]) headers.remove(name);
  return {
    ...request,
    url,
    headers,
    method: asGet ? "GET" : request.method,
    body: asGet ? null : request.body,
  };
}

const IDEMPOTENT_METHODS = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"]);

/**
 * A kept connection that the backend closed just then says nothing of the backend: the request is sent again, unless
 * it is one that the backend must not do twice (RFC 9110 §9.2.2).
 */
async function sendAgain(request: OutgoingRequest): Promise<HttpResponse> {
  const mayGoTwice = IDEMPOTENT_METHODS.has(request.method) && !(request.body instanceof Readable);
  return sendOnce(request).catch((error: unknown) => {
    if (error instanceof StaleConnection && mayGoTwice) return sendOnce(request);
    throw error;
  });
}

/** The connection was one that had been kept, and it was reset before the response. */
class StaleConnection extends PolicyFailure {
  override name = "StaleConnection";
}

function sendOnce(request: OutgoingRequest): Promise<HttpResponse> {
  const { url, method, body, signal, timeoutMs } = request;
  const [library, agent] = url.protocol === "https:" ? [https, AGENTS["https:"]] : [http, AGENTS["http:"]];
  const headers = keepEndToEnd(request.headers);
  headers.remove("expect");
  headers.set("Host", [url.host]);
  if (body instanceof Uint8Array) headers.set("Content-Length", [String(body.length)]);
  else if (body === null && !["POST", "PUT", "PATCH"].includes(method)) headers.remove("content-length");
  else if (body === null) headers.set("Content-Length", ["0"]);
  // Node frames a stream's bytes so for some methods only, and the backend would take those of others for another request.
  else if (!headers.has("content-length")) headers.set("Transfer-Encoding", ["chunked"]);
  return new Promise((resolve, reject) => {
    const outgoing = library.request(url, {
      method,
      headers: headers.lines(),
      agent,
    });
    endWith(signal, outgoing);
    const timer = setTimeout(() => {
      reject(new PolicyFailure("Timeout", `The backend did not answer within ${timeoutMs / 1000} seconds.`));
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once("response", (incoming) => {
      clearTimeout(timer);
      resolve(
        new HttpResponse(
          incoming.statusCode ?? 0,
          incoming.statusMessage ?? "",
          new MessageBody(incoming),
          keepEndToEnd(HttpHeaders.fromRaw(incoming.rawHeaders)),
        ),
      );
    });
    outgoing.once("error", (cause) => {
      clearTimeout(timer);
      if (cause instanceof BodyTooLarge) return reject(cause);
      const reason = signal.aborted ? "ClientConnectionFailure" : "BackendConnectionFailure";
      if (outgoing.reusedSocket && "code" in cause && cause.code === "ECONNRESET") {
        return reject(new StaleConnection(reason, "The connection to the backend failed.", { cause }));
      }
      return reject(new PolicyFailure(reason, "The connection to the backend failed.", { cause }));
    });
    if (body instanceof Readable) pipeline(body, outgoing).catch((error: Error) => outgoing.destroy(error));
    else outgoing.end(body ?? undefined);
  });
}

/** As the option `signal` does, which makes an error for each request, though, also for one that went well. */
function endWith(signal: AbortSignal, outgoing: http.ClientRequest): void {
  const end = () => void outgoing.destroy(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  outgoing.once("close", () => signal.removeEventListener("abort", end));
}
