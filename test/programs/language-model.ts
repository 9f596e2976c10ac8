import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { apiOf } from "./language-model-apis.ts";

/** A stand-in for a language model: it calls one tool of an MCP server, and then says that it is done. */
export interface LanguageModel {
  /** `http://127.0.0.1:<port>`; each vendor's API is found at its usual paths below. */
  readonly url: string;
  /** Says which tool the next conversations call. @param tool its name at the MCP server, which programs prefix */
  callTool(tool: string): void;
  /** What tools answered since the last {@link callTool}, as the program gave it to the model. */
  readonly toolResults: readonly string[];
  /** How many conversations it has ended so far; requests without tools, for a title, do not count. */
  readonly ended: number;
  stop(): Promise<void>;
}

/** Starts the stand-in on loopback. */
export async function startLanguageModel(): Promise<LanguageModel> {
  let wanted = "";
  let results: string[] = [];
  let ended = 0;
  const server = createServer(async (request, response) => {
    const api = apiOf(new URL(request.url ?? "/", "http://localhost").pathname);
    if (request.method !== "POST" || !api) {
      response.writeHead(200, { "content-type": "application/json" }).end('{"data":[],"models":[]}');
      return;
    }
    const { tools, toolResults } = api.read((await json(request)) as Record<string, unknown>);
    const tool = tools.find((name) => name.endsWith(wanted));
    for (const result of toolResults) if (!results.includes(result)) results.push(result);
    const turn = tool !== undefined && toolResults.length === 0 ? { tool } : { text: "Done." };
    response.writeHead(200, { "content-type": "text/event-stream" }).end(api.write(turn));
    if ("text" in turn && tools.length > 0) ended++;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callTool(tool) {
      wanted = tool;
      results = [];
    },
    get toolResults() {
      return results;
    },
    get ended() {
      return ended;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
