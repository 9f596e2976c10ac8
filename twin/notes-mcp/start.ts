import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { type EntraTokenVerifier, entraTokenVerifier } from "../../functions/platform/entra.ts";
import type { Component, LogSink } from "../component.ts";
import { type Received, type Reply, serveLoopback } from "../entra/loopback-server.ts";

export interface NotesOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  /** Where the stand-in for Entra is, which issues the tokens; no slash at the end. */
  readonly authorityHost: string;
  readonly tenantId: string;
  /** Client ID of the server's own application: the audience of the tokens that it takes. */
  readonly applicationId: string;
  readonly requiredScope: string;
  readonly log: LogSink;
}

const NOTES_PER_PERSON = 50;

/**
 * Starts an MCP server that knows nothing of this gateway: it takes Entra tokens for its own application, as a server
 * that a team already has would do. It keeps notes, each person's apart, in memory.
 *
 * @throws Error when the port is in use
 */
export async function startNotes(options: NotesOptions): Promise<Component> {
  const verify = entraTokenVerifier({ ...options, clientId: options.applicationId });
  const notes = new Map<string, string[]>();
  const server = await serveLoopback(
    options.port ?? 0,
    (request) => answer(request, options.requiredScope, verify, notes),
    (error) =>
      options.log({
        component: "notes",
        level: "error",
        message: JSON.stringify({ event: "failed", error: error instanceof Error ? error.name : "unknown" }),
      }),
  );
  return { name: "notes", url: server.url, stop: () => server.stop() };
}

async function answer(
  request: Received,
  requiredScope: string,
  verify: EntraTokenVerifier,
  notes: Map<string, string[]>,
): Promise<Reply> {
  if (request.url.pathname !== "/mcp") return { status: 404, headers: {}, body: "" };
  const person = await personOf(request, requiredScope, verify);
  if (!person)
    return { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' }, body: "" };
  const own = notes.get(person) ?? [];
  notes.set(person, own);
  const response = await createMcpHandler(() => notesServer(own)).fetch(
    new Request(request.url, {
      method: request.method,
      headers: Object.entries(request.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
      ...(request.method === "POST" ? { body: request.body } : {}),
    }),
  );
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: response.body ?? "",
  };
}

async function personOf(
  request: Received,
  requiredScope: string,
  verify: EntraTokenVerifier,
): Promise<string | undefined> {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!token) return undefined;
  try {
    const { oid, scp } = await verify(token);
    const granted = typeof scp === "string" && scp.split(" ").includes(requiredScope);
    return granted && typeof oid === "string" ? oid : undefined;
  } catch {
    return undefined;
  }
}

function notesServer(notes: string[]): McpServer {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  server.registerTool(
    "add_note",
    {
      title: "Add a note",
      description: "Keeps a note for the signed-in person.",
      inputSchema: z.object({ text: z.string().min(1).max(1000) }),
    },
    ({ text }) => {
      if (notes.length >= NOTES_PER_PERSON) {
        return {
          isError: true,
          content: [{ type: "text", text: `There are ${NOTES_PER_PERSON} notes already.` }],
        };
      }
      notes.push(text);
      return { content: [{ type: "text", text: `Kept note ${notes.length}.` }] };
    },
  );
  server.registerTool(
    "list_notes",
    {
      title: "List notes",
      description: "The signed-in person's notes.",
      annotations: { readOnlyHint: true },
    },
    () => ({ content: notes.map((text) => ({ type: "text", text })) }),
  );
  return server;
}
