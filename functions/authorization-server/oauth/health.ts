import type { Endpoint } from "../../platform/endpoint.ts";
import { json } from "./responses.ts";

/** `GET /health`: the process lives, its settings are whole and its keys were read. Asks nobody else. */
export function health(): Endpoint {
  return async () => json({ status: "ok" });
}
