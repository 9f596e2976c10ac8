import { request } from "node:http";
import type { Answer } from "./oauth-client.ts";

const TIMEOUT_MS = 15_000;

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
  options: { method?: string; headers?: Readonly<Record<string, string>>; body?: string } = {},
): Promise<Pick<Answer, "status" | "headers" | "text">> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        path: target,
        method: options.method ?? "GET",
        headers: options.headers ?? {},
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
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
