import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A forward proxy on loopback, for `HTTPS_PROXY`. */
export interface Tunnel {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** How many tunnels were opened since the start. */
  opened(): number;
  stop(): Promise<void>;
}

/**
 * Starts a proxy that knows the tunnel (CONNECT, RFC 9110 §9.3.6) to a few hosts alone. It leads a client of theirs to
 * a stand-in on this machine while the client goes by their real names, and checks certificate and challenge against those.
 *
 * @param ports where a host's stand-in listens on 127.0.0.1, by "<host>:<port>"
 */
export async function startTunnel(ports: Readonly<Record<string, number>>): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, stream, head) => {
    const client = stream as Socket;
    keep(client);
    const port = ports[request.url ?? ""];
    if (port === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    opened += 1;
    const target = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.write(head);
      target.pipe(client).pipe(target);
    });
    keep(target);
    target.once("close", () => client.destroy());
    client.once("close", () => target.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    opened: () => opened,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
