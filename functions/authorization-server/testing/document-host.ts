import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSignedCertificate } from "../../../twin/tls/certificate.ts";
import type { Network } from "../clients/guarded-fetch/network.ts";

export interface ReceivedRequest {
  readonly path: string;
  readonly host: string | undefined;
  /** RFC 6066 §3. */
  readonly serverName: string | false | undefined;
  readonly headers: IncomingMessage["headers"];
}

/** A web server on loopback, with a certificate of its own. */
export interface DocumentHost {
  /** How it answers; 404 until a test sets it. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly received: ReceivedRequest[];
  /** Names that were asked for, in order. */
  readonly resolved: string[];
  /** The network in which every name leads there, although that is loopback. */
  readonly network: Network;
  stop(): Promise<void>;
}

/** @param names that it is a web server for */
export async function startDocumentHost(
  names: readonly string[] = ["client.example", "*.client.example"],
): Promise<DocumentHost> {
  const { certificate, privateKey } = selfSignedCertificate(names);
  const received: ReceivedRequest[] = [];
  const resolved: string[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    const { servername } = request.socket as { readonly servername?: string | false };
    const { url: path = "", headers } = request;
    received.push({ path, host: headers.host, serverName: servername, headers });
    host.answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const host: DocumentHost = {
    answer: (_, response) => response.writeHead(404).end(),
    received,
    resolved,
    network: {
      resolve: async (name) => {
        resolved.push(name);
        return ["127.0.0.1"];
      },
      mayReach: () => true,
      port: (server.address() as AddressInfo).port,
      certificates: certificate,
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return host;
}

/** An answer with JSON in it. @param headers besides the content type */
export function answering(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): DocumentHost["answer"] {
  return (_, response) =>
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
