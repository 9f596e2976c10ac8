import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpServer } from "@vercel/cosmosdb-server";
import type { Component, LogSink } from "../component.ts";
import { operationOf } from "./operation.ts";
import { type StoredDocument, storedDocuments } from "./stored-documents.ts";

/** The key that the Cosmos DB emulator is known by; it protects nothing. */
const EMULATOR_KEY =
  "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

/** Marks the requests of {@link LocalCosmos.documents}, which are no operations of an app. */
const INSPECTION_HEADER = "x-local-inspection";

export interface CosmosOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  readonly log: LogSink;
}

/** Cosmos DB in memory. `url` is the account's endpoint; clients turn endpoint discovery off, since it speaks no TLS. */
export interface LocalCosmos extends Component {
  /** The account key. */
  readonly key: string;
  /**
   * Operations since the start or the last reset, failed ones (404, 409, 412) included, by `<container> <kind>`: for
   * instance `{ "sessions read": 2, "sessions replace": 1, metadata: 5 }`. {@link operationOf} tells the kinds.
   */
  operations(): Record<string, number>;
  resetOperations(): void;
  /** Every stored document of every container, of all databases; not counted as an operation. */
  documents(): Promise<readonly StoredDocument[]>;
}

/**
 * Starts Cosmos DB on loopback, empty. Nothing in it ends by its time to live.
 *
 * @throws Error when the port is in use
 */
export async function startCosmos(options: CosmosOptions): Promise<LocalCosmos> {
  const server = createHttpServer({ keepAlive: true });
  // Azure keeps idle connections for minutes. Node would close one after five seconds, perhaps with a request on its way in it.
  server.keepAliveTimeout = 0;
  const counts = new Map<string, number>();
  const inspection = randomUUID();
  // The server's own listener answers; this one, which runs first, only counts and reports.
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers[INSPECTION_HEADER] === inspection) return;
    const path = (request.url ?? "/").replace(/\?.*$/s, "");
    const operation = operationOf(request.method ?? "GET", path, request.headers);
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    response.once("finish", () => {
      if (response.statusCode < 500) return;
      const message = JSON.stringify({ event: "failed", operation, status: response.statusCode });
      options.log({ component: "cosmos", level: "error", message });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" ? new Error(`port ${options.port} is in use`, { cause: error }) : error,
      ),
    );
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    name: "cosmos",
    url,
    key: EMULATOR_KEY,
    operations: () => Object.fromEntries(counts),
    resetOperations: () => counts.clear(),
    documents: () => storedDocuments(url, { [INSPECTION_HEADER]: inspection }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
