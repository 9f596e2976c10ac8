import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { useStarted } from "../../functions/testing/started.ts";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";

/** A request as it reached the backend. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface BackendAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
  /** The answer ends only then; its body goes out before. */
  readonly endsAfter?: Promise<unknown>;
}

/** An MCP server that remembers what it was sent. */
export interface RecordingBackend {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Forgets the requests so far. */
  forget(): void;
  /** Forgets the requests and the answers that it was given. */
  reset(): void;
  /** Gives this answer to every request from now on. */
  answerWith(answer: BackendAnswer): void;
  /** Gives these answers to the next requests, one each, before any other. */
  answerNextWith(...answers: readonly BackendAnswer[]): void;
  stop(): Promise<void>;
}

/** What the backend answers unless told otherwise. */
export const DEFAULT_ANSWER: BackendAnswer = {
  status: 200,
  headers: { "content-type": "application/json", "mcp-session-id": "session-of-the-backend" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [] } }),
};

/** One for all tests of a file. */
export function useRecordingBackend(): RecordingBackend {
  return useStarted("the backend", startRecordingBackend, (backend) => backend.stop());
}

/** Starts the backend on loopback, at `<url>/mcp`. */
export async function startRecordingBackend(): Promise<RecordingBackend> {
  const requests: ReceivedRequest[] = [];
  const next: BackendAnswer[] = [];
  let answer = DEFAULT_ANSWER;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    requests.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
    const given = next.shift() ?? answer;
    response.writeHead(given.status, given.headers).write(given.body);
    await given.endsAfter;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    forget: () => void requests.splice(0),
    reset() {
      requests.splice(0);
      next.splice(0);
      answer = DEFAULT_ANSWER;
    },
    answerWith: (given) => {
      answer = given;
    },
    answerNextWith: (...answers) => void next.push(...answers),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Describes the backend as an MCP server at `/notes/mcp`, with two required scopes and an optional one. Its tokens are
 * those of the sample server's application, the only one that the demo tenant has consented to.
 */
export function notesServer(backend: Pick<RecordingBackend, "url">): GatewayConfigInput["servers"][number] {
  const { graphMcp } = demoTenant("http://localhost");
  return {
    name: "notes",
    title: "Notes",
    backend: { url: backend.url },
    entra: { scope: `api://${graphMcp.clientId}/Mcp.Access` },
    scopes: [
      { name: "notes.list", description: "list your notes" },
      { name: "notes.read", description: "read your notes" },
      { name: "notes.write", description: "change your notes", required: false },
    ],
  };
}
