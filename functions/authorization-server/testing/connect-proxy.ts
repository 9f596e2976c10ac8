import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** A forward proxy on loopback that knows CONNECT and nothing else (RFC 9110 §9.3.6). */
export interface ConnectProxy {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** What it was asked for, as `host:port`, in order. */
  readonly asked: string[];
  /** The fields of those requests. */
  readonly headers: IncomingHttpHeaders[];
  /** How many connections to it are open. */
  connections(): Promise<number>;
  /** What it does with a tunnel that was asked for; leads it to the host until a test sets something else. */
  answer: (socket: Duplex) => void;
  /** Leads a tunnel to the host. */
  readonly tunnel: (socket: Duplex) => void;
  stop(): Promise<void>;
}

/** @param port on loopback, of the host that every tunnel leads to, whatever name was asked for */
export async function startConnectProxy(port: number): Promise<ConnectProxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  const tunnel = (socket: Duplex) => {
    const host = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      host.pipe(socket).pipe(host);
    });
    host.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => host.destroy()).on("close", () => host.destroy());
  };
  const sockets = new Set<Duplex>();
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    headers.push(request.headers);
    sockets.add(socket);
    socket
      .on("close", () => sockets.delete(socket))
      .on("end", () => socket.destroy())
      .on("error", () => undefined);
    proxy.answer(socket);
    // Without a reader, nobody would notice that the caller hung up.
    if (proxy.answer !== tunnel) socket.resume();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const proxy: ConnectProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    headers,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    answer: tunnel,
    tunnel,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
}
