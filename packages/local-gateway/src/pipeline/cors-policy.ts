import { MessageBody } from "../expressions/context/body.ts";
import { HttpResponse } from "../expressions/context/messages.ts";
import type { Exchange } from "./exchange.ts";

/** A `<cors>` as preflight requests see it. */
export interface CorsPolicy {
  readonly allows: (exchange: Exchange, origin: string) => boolean;
  /** Whether an origin that isn't allowed ends the request, rather than going on to the next policy. */
  readonly terminates: (exchange: Exchange) => boolean;
  /** Answers a preflight request of an allowed origin (Fetch standard, CORS protocol). */
  readonly answer: (exchange: Exchange, origin: string, method: string) => HttpResponse;
}

/** What ends a preflight request that no policy answers otherwise. */
export function emptyOk(): HttpResponse {
  return new HttpResponse(200, "OK", new MessageBody(new Uint8Array()));
}
