import { setTimeout as sleep } from "node:timers/promises";
import { PATIENCE_MS } from "./patience.ts";

const ATTEMPTS = 20;
const PAUSE_MS = 250;

/**
 * Brings a browser to a program's own address. Nobody signs in as fast as a test: a program may open the browser before it
 * listens for the answer.
 *
 * @throws what the last attempt failed with
 */
export async function arriveAt(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      return;
    } catch (error) {
      const { cause } = error as { readonly cause?: { readonly code?: string } };
      if (cause?.code !== "ECONNREFUSED" || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
