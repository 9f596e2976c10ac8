import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../twin/free-port.ts";
import { median } from "../statistics.ts";

const REPOSITORY = join(import.meta.dirname, "../..");

/** Seconds on the clock from `node twin/start.ts` to its welcome; the median. */
export async function measureTwinStart(rounds: number): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) seconds.push(await oneStart());
  return median(seconds);
}

async function oneStart(): Promise<number> {
  const began = performance.now();
  const twin = spawn(process.execPath, ["twin/start.ts"], {
    cwd: REPOSITORY,
    env: { ...process.env, PORT: String(await freePort()) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(twin, "exit");
  try {
    for await (const line of createInterface({ input: twin.stdout })) {
      if (line === "MCP URL") return (performance.now() - began) / 1000;
    }
    throw new Error("the twin did not start");
  } finally {
    twin.kill("SIGTERM");
    await exited;
  }
}
