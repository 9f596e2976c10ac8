import type { Endpoint } from "../../platform/endpoint.ts";
import type { Dependencies } from "../dependencies.ts";
import { json } from "../oauth/responses.ts";
import { atMostEvery } from "../resilience/at-most-every.ts";

/** How long one part may take to answer. */
const PART_TIMEOUT_MS = 3_000;

/** However often somebody asks, the parts are asked once in so many seconds. */
const PAUSE_SECONDS = 5;

/** What the readiness probe has signed; it has no dot, so it can never be part of a token (RFC 7515 §7.1). */
const PROBE = Buffer.from("readiness probe");

/** An ID that no session has. */
const NOBODY = "readiness-probe";

/** `GET /health/live`: the process runs, and its settings are whole. Asks nobody else. */
export function live(): Endpoint {
  return async () => json({ status: "live" });
}

/**
 * `GET /health/ready`: the parts that every sign-in needs answer. 200, or 503 that names the part that is out and nothing
 * else about it; the log has the reason. Besides, the circuits as they are: one that is open says that requests are turned away.
 */
export function ready(dependencies: Pick<Dependencies, "keys" | "sessions" | "circuits" | "now">): Endpoint {
  const { keys, sessions, circuits, now } = dependencies;
  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    keys: async () => {
      const [{ sign }] = await Promise.all([keys.signingKey(), keys.dataKey()]);
      await sign(PROBE);
    },
    store: () => sessions.documents.read(NOBODY, NOBODY),
  };
  const check = atMostEvery(PAUSE_SECONDS, now, () =>
    Promise.all(Object.entries(parts).map(async ([part, ask]) => ({ part, fault: await faultOf(ask) }))),
  );
  return async (_request, call) => {
    const checked = await check();
    const out = checked.filter((each) => each.fault !== undefined);
    for (const { part, fault } of out) call.log("warn", "not_ready", { part, reason: fault });
    const status = Object.fromEntries(
      checked.map(({ part, fault }) => [part, fault === undefined ? "ok" : "out"]),
    );
    const states = Object.fromEntries(circuits.map(({ part, state }) => [part, state]));
    return out.length === 0
      ? json({ status: "ready", parts: status, circuits: states })
      : json(
          { status: "not_ready", parts: status, circuits: states },
          { status: 503, headers: { "retry-after": String(PAUSE_SECONDS) } },
        );
  };
}

/** @returns the name of what went wrong; undefined when nothing did */
async function faultOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("timeout"), PART_TIMEOUT_MS);
  try {
    return await Promise.race([ask().then(() => undefined), late.promise]);
  } catch (error) {
    return error instanceof Error ? error.message : "unknown";
  } finally {
    clearTimeout(timer);
  }
}
