import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { receivedWhole } from "../expressions/context/body.ts";
import type { HttpResponse } from "../expressions/context/messages.ts";
import { keepEndToEnd } from "./http-client.ts";

/** Sends a response, chunk by chunk where its body is a stream. */
export async function writeResponse(
  response: HttpResponse,
  outgoing: ServerResponse,
  isHead: boolean,
): Promise<void> {
  const headers = keepEndToEnd(response.headers);
  const content = response.body.take();
  const hasNoBody = isHead || response.statusCode === 204 || response.statusCode === 304;
  if (content instanceof Uint8Array && !(isHead && headers.has("content-length"))) {
    headers.remove("content-length");
    if (response.statusCode !== 204 && response.statusCode !== 304)
      headers.set("Content-Length", [String(content.length)]);
  }
  const reason = response.statusReason.replace(/[^\t\x20-\x7e]/g, "");
  outgoing.writeHead(response.statusCode, reason, headers.lines());
  if (hasNoBody || content instanceof Uint8Array) {
    if (!(content instanceof Uint8Array)) content.destroy();
    outgoing.end(hasNoBody ? undefined : content);
    return;
  }
  const whole = receivedWhole(content);
  if (whole) {
    outgoing.end(whole);
    return;
  }
  // Clients of event streams wait for the head alone; together with content it is one packet less.
  if (content.readableLength === 0) outgoing.flushHeaders();
  await pipeline(content, outgoing);
}
