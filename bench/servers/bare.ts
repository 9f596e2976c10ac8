/** A server that does nothing: what a request on loopback costs the process that answers it. */
import { createServer } from "node:http";
import { serve, setting } from "./report.ts";

const server = createServer((_request, response) => response.end("ok"));
await serve(server, Number(setting("PORT")));
