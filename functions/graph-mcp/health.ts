import type { Endpoint } from "../platform/endpoint.ts";

/** Says that the app is up; open to everyone, and asks no other service. */
export const health: Endpoint = async () =>
  Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } });
