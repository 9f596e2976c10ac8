import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { useStarted } from "../../functions/testing/started.ts";
import { PATIENCE_MS } from "./patience.ts";

const PATH = "/callback";

/** The little HTTP server on loopback with which a client on a person's computer takes its answer (RFC 8252 §7.3). */
export interface RedirectListener {
  /** The client's redirect URI. */
  readonly url: string;
  /**
   * @param state of the authorization request
   * @returns the parameters that the person's browser brought for it
   * @throws Error when none came in time
   */
  answerTo(state: string): Promise<URLSearchParams>;
  close(): Promise<void>;
}

/** One for all tests of a file. */
export function useRedirectListener(): RedirectListener {
  return useStarted("the redirect listener", startRedirectListener, (listener) => listener.close());
}

/** Listens on a free port. */
export async function startRedirectListener(): Promise<RedirectListener> {
  const answers = new Map<string, PromiseWithResolvers<URLSearchParams>>();
  const answerOf = (state: string) => {
    const answer = answers.get(state) ?? Promise.withResolvers<URLSearchParams>();
    answers.set(state, answer);
    return answer;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const known = url.pathname === PATH;
    if (known) answerOf(url.searchParams.get("state") ?? "").resolve(url.searchParams);
    response.writeHead(known ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(
      '<!doctype html><html lang="en"><title>Back at the client</title><p>You can close this window.',
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    async answerTo(state) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(new Error("the browser brought no answer to the client")),
        PATIENCE_MS,
      );
      try {
        return await Promise.race([answerOf(state).promise, late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
