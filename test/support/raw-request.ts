import { request } from "node:http";
import { connect } from "node:net";
import type { Answer } from "./oauth-client.ts";
import { PATIENCE_MS } from "./patience.ts";

/** So long after its last byte, a server has nothing more to say. */
const QUIET_MS = 300;

/** A field's value, or its values in as many lines. */
export type RawHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * Sends a request whose target and headers stand on the wire as they are given; `fetch` would tidy the path up and
 * refuse the headers.
 *
 * @param origin where to send it
 * @param target what stands in the request line
 */
export function rawRequest(
  origin: string,
  target: string,
  options: {
    method?: string;
    headers?: RawHeaders;
    body?: string;
    /** Of 127.0.0.0/8, which the request comes from; any when left out. */
    from?: string;
  } = {},
): Promise<Pick<Answer, "status" | "headers" | "text">> {
  const { host, hostname, port } = new URL(origin);
  const way =
    options.from === undefined ? { hostname } : { hostname: "127.0.0.1", localAddress: options.from };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...way,
        port,
        path: target,
        method: options.method ?? "GET",
        headers: Object.fromEntries(
          Object.entries({ host, ...options.headers }).map(([name, values]) => [
            name,
            typeof values === "string" ? values : [...values],
          ]),
        ),
        agent: false,
        signal: AbortSignal.timeout(PATIENCE_MS),
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const headers = new Headers();
        for (const [name, values = []] of Object.entries(response.headersDistinct)) {
          for (const value of values) headers.append(name, value);
        }
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers, text });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(options.body);
  });
}

/**
 * Sends bytes as they are over a connection of their own, for what no HTTP library would send.
 *
 * @param text CR LF included
 * @returns the status of every answer that came before the server closed the connection, or said nothing for a while
 */
export async function rawAnswers(origin: string, text: string): Promise<number[]> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
  });
  // A server that refuses may reset the connection while we still send.
  socket.on("error", () => undefined).setTimeout(QUIET_MS, () => socket.destroy());
  socket.write(text, "latin1");
  await new Promise((resolve) => socket.once("close", resolve));
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

/**
 * Sends bytes as they are over a connection of their own, up to the answer's status line.
 *
 * @param text one request, each character a byte
 * @returns the status; undefined when the connection ended without
 */
export async function rawStatus(origin: string, text: string): Promise<number | undefined> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  let status: number | undefined;
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
    const [, digits] = /^HTTP\/1\.1 ([2-5]\d\d) /m.exec(received) ?? [];
    if (digits === undefined) return;
    status ??= Number(digits);
    socket.destroy();
  });
  socket.on("error", () => undefined).setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.write(text, "latin1");
  await new Promise((resolve) => socket.once("close", resolve));
  return status;
}
