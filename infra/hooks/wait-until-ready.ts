import { setTimeout as sleep } from "node:timers/promises";

/** Every request ends after this many milliseconds. */
const TIMEOUT = 15_000;

/**
 * Waits for an address to answer 200. A gateway that was just deployed takes a while: its app starts, and roles that were
 * assigned a moment ago are not known everywhere yet.
 *
 * @param options.atMost milliseconds; a request under way is let finish
 * @param options.pause milliseconds between requests
 * @param options.say is told once that there is something to wait for
 * @returns what came last in place of 200, when time was up
 */
export async function waitUntilReady(
  url: string,
  { atMost, pause, say }: { atMost: number; pause: number; say: (text: string) => void },
): Promise<string | undefined> {
  const endsAt = performance.now() + atMost;
  for (let attempt = 1; ; attempt++) {
    const seen = await ask(url);
    if (seen === "200") return undefined;
    if (performance.now() + pause > endsAt) return seen;
    if (attempt === 1)
      say(`${url} gives ${seen}; waiting for 200, at most ${Math.ceil(atMost / 60_000)} min`);
    await sleep(pause);
  }
}

/** @returns the status, or that there was none */
async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT) });
    await response.body?.cancel();
    return String(response.status);
  } catch {
    return "no answer";
  }
}
