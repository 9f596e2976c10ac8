import type { IncomingHttpHeaders } from "node:http";

/**
 * Names one request to Cosmos DB the way its bill would: `<container> <kind>` for an operation on documents, with the
 * kinds create, upsert, read, replace, patch, delete, query, list (all documents, unqueried) and batch; `metadata` for
 * everything else, such as the account, databases, containers, partition key ranges and query plans, which a client
 * asks for by itself when it starts.
 */
export function operationOf(method: string, path: string, headers: IncomingHttpHeaders): string {
  const [, container, document] =
    /^\/+dbs\/[^/]+\/colls\/([^/]+)\/docs(?:\/([^/]+))?\/?$/.exec(path) ?? ([] as undefined[]);
  if (!container || isTrue(headers["x-ms-cosmos-is-query-plan-request"])) return "metadata";
  const kind = document ? onOne(method) : onAll(method, headers);
  return kind ? `${decodeURIComponent(container)} ${kind}` : "metadata";
}

function onOne(method: string): string | undefined {
  return { GET: "read", PUT: "replace", PATCH: "patch", DELETE: "delete" }[method];
}

function onAll(method: string, headers: IncomingHttpHeaders): string | undefined {
  if (method === "GET") return "list";
  if (method !== "POST") return undefined;
  const isQuery =
    isTrue(headers["x-ms-documentdb-isquery"]) || headers["content-type"] === "application/query+json";
  if (isQuery) return "query";
  if (isTrue(headers["x-ms-documentdb-is-upsert"])) return "upsert";
  return isTrue(headers["x-ms-cosmos-is-batch-request"]) ? "batch" : "create";
}

function isTrue(header: string | readonly string[] | undefined): boolean {
  return String(header).toLowerCase() === "true";
}
