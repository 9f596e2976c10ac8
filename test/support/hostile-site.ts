import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { useStarted } from "../../functions/testing/started.ts";

/** A web site of an attacker's, on another host than the gateway's. */
export interface HostileSite {
  readonly origin: string;
  /**
   * Puts a document there.
   *
   * @returns its URL
   */
  publish(html: string): string;
  /** The URL, without its scheme, that a script calls to show that it ran, and where. */
  caughtAt(place: string): string;
  /** The places of the scripts that ran. */
  readonly ran: readonly string[];
  /** Forgets them. */
  forget(): void;
  close(): Promise<void>;
}

/** One for all tests of a file. */
export function useHostileSite(): HostileSite {
  return useStarted("the hostile site", startHostileSite, (site) => site.close());
}

/** Starts it on loopback, as 127.0.0.1, which a browser takes for another site than localhost. */
async function startHostileSite(): Promise<HostileSite> {
  const documents: string[] = [];
  const ran: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/ran") ran.push(url.search.slice(1));
    const html = documents[Number(url.pathname.slice(1))];
    response.writeHead(html === undefined ? 204 : 200, {
      "content-type": "text/html; charset=utf-8",
      "access-control-allow-origin": "*",
    });
    response.end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    publish: (html) => `${origin}/${documents.push(html) - 1}`,
    caughtAt: (place) => `//${new URL(origin).host}/ran?${place}`,
    ran,
    forget: () => void ran.splice(0),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
