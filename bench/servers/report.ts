import type { Server } from "node:http";
import { type ProfileOfPlaces, Profiler } from "./profiler.ts";

/** What a measured process says of itself. */
export interface Usage {
  /** CPU milliseconds of all its threads since it started. */
  readonly cpu: number;
  /** Bytes. */
  readonly rss: number;
  /** Bytes; after a full garbage collection where one was asked for. */
  readonly heapUsed: number;
}

export type Question =
  | { readonly type: "usage"; readonly id: number; readonly collectGarbage: boolean }
  | { readonly type: "profile-start"; readonly id: number }
  | { readonly type: "profile-stop"; readonly id: number };

export interface Answer {
  readonly id: number;
  readonly usage?: Usage;
  readonly profile?: ProfileOfPlaces;
}

/** Listens, and from then on tells the bench of itself. */
export async function serve(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  server.keepAliveTimeout = 60_000;
  report();
}

/** Says to the bench that the server listens, and answers what the bench asks; ends with it. */
export function report(): void {
  const profiler = new Profiler();
  process.on("disconnect", () => process.exit());
  process.on("message", async (question: Question) => {
    process.send?.({ id: question.id, ...(await answer(profiler, question)) } satisfies Answer);
  });
  process.send?.({ id: 0 } satisfies Answer);
}

async function answer(profiler: Profiler, question: Question): Promise<Omit<Answer, "id">> {
  if (question.type === "profile-start") {
    await profiler.start();
    return {};
  }
  if (question.type === "profile-stop") return { profile: await profiler.stop() };
  if (question.collectGarbage) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { usage: { cpu: (user + system) / 1000, rss, heapUsed } };
}

/** @returns a setting of this process @throws Error when it is missing */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
