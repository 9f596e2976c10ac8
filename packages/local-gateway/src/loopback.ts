import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How often another free port is tried when a chosen one is taken on IPv6. */
const ATTEMPTS = 5;

const NO_IPV6 = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

/**
 * Listens on 127.0.0.1, and on ::1 where there is IPv6, with the same port.
 *
 * @param port 0 for any free one
 * @throws Error naming the port when it is in use
 */
export async function listenOnLoopback(
  port: number,
  makeServer: () => Server,
): Promise<{ port: number; servers: Server[] }> {
  for (let attempt = 1; ; attempt++) {
    const first = makeServer();
    await listen(first, "127.0.0.1", port).catch((cause: unknown) => {
      throw inUse(cause) ? new Error(`port ${port} is in use on 127.0.0.1`, { cause }) : cause;
    });
    const taken = (first.address() as AddressInfo).port;
    const second = makeServer();
    try {
      await listen(second, "::1", taken);
      return { port: taken, servers: [first, second] };
    } catch (cause) {
      if (NO_IPV6.has(codeOf(cause))) return { port: taken, servers: [first] };
      await new Promise<void>((resolve) => first.close(() => resolve()));
      if (!inUse(cause)) throw cause;
      if (port !== 0 || attempt === ATTEMPTS) throw new Error(`port ${taken} is in use on ::1`, { cause });
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: true }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function inUse(error: unknown): boolean {
  return codeOf(error) === "EADDRINUSE";
}
