import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below those that operating systems give to outgoing connections, which come and go: one of theirs may be taken again
 * before the caller has started to listen.
 */
const LOWEST = 20_000;
const HIGHEST = 32_767;
const ATTEMPTS = 20;

/**
 * @returns a port that was free on loopback a moment ago, for a caller who must know it before listening
 * @throws the last attempt's error when none was found
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    try {
      await listenOnce(port);
      return port;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}
