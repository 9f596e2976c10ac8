import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface RedirectListener {
  /** Where the authorization server has to send the browser. */
  readonly redirectUri: string;
  /**
   * The parameters of the answer that carries the state; others are turned away.
   *
   * @returns undefined when none came in time
   */
  answer(state: string, milliseconds: number): Promise<URLSearchParams | undefined>;
  close(): Promise<void>;
}

/** Waits on loopback for a browser to come back from a sign-in, as a desktop client does (RFC 8252 §7.3). */
export async function listenForRedirect(): Promise<RedirectListener> {
  let came: ((parameters: URLSearchParams) => boolean) | undefined;
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? "", "http://127.0.0.1");
    const known = request.method === "GET" && url?.pathname === "/callback" && came?.(url.searchParams);
    response.writeHead(known ? 200 : 404, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
    });
    response.end(known ? PAGE : "");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    answer: (state, milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), milliseconds);
        came = (parameters) => {
          if (parameters.get("state") !== state) return false;
          clearTimeout(timer);
          resolve(parameters);
          return true;
        };
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Back to the doctor</title></head>
<body><main><h1>Back to the doctor</h1><p>You can close this window; the result is in the terminal.</p></main></body></html>`;
