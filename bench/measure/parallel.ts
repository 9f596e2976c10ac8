import type { Contestant } from "../contestants.ts";
import { SignIn } from "../sign-in.ts";
import type { StandIns } from "../stand-ins.ts";
import { percentile } from "../statistics.ts";

export interface ParallelSignIns {
  readonly contestant: string;
  readonly parallel: number;
  /** Milliseconds on the clock. */
  readonly p50: number;
  readonly p99: number;
  /** Bytes, after all of them. */
  readonly rss: number;
  readonly heapUsed: number;
}

/** Whole sign-ins at the same time, by people of their own; the stand-ins and the clients share the machine with the server. */
export async function measureParallel(
  contestants: readonly Contestant[],
  { entra, users }: StandIns,
  { degrees, perDegree }: { degrees: readonly number[]; perDegree: number },
): Promise<readonly ParallelSignIns[]> {
  const results: ParallelSignIns[] = [];
  for (const parallel of degrees) {
    for (const { name, server, scope } of contestants) {
      const target = { origin: server.origin, ...(scope !== undefined && { scope }) };
      const milliseconds: number[] = [];
      let next = 0;
      const total = Math.max(parallel, perDegree);
      const lane = async () => {
        while (next < total) {
          next += 1;
          const began = performance.now();
          await new SignIn(target, entra, users[next % users.length] ?? "").whole();
          milliseconds.push(performance.now() - began);
        }
      };
      await Promise.all(Array.from({ length: parallel }, lane));
      const { rss, heapUsed } = await server.usage(true);
      results.push({
        contestant: name,
        parallel,
        p50: percentile(milliseconds, 0.5),
        p99: percentile(milliseconds, 0.99),
        rss,
        heapUsed,
      });
    }
  }
  return results;
}
