import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { OpenBrowser } from "./mcp-program.ts";

/** A command that stands for the browser of a program in a process of its own. */
export interface BrowserCommand {
  /** Path of it, for `BROWSER`. */
  readonly command: string;
  /** Throws what went wrong while the person was at it. */
  rethrow(): void;
  /** Waits until the person is done. */
  close(): Promise<void>;
}

/**
 * Writes a command that sends the URL it is called with to this process.
 *
 * @param folder where the command lies; it goes with it
 * @param openBrowser brings the URL to a person
 */
export async function startBrowserCommand(folder: string, openBrowser: OpenBrowser): Promise<BrowserCommand> {
  const failures: unknown[] = [];
  const opened: Promise<void>[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(await text(request));
    response.end();
    opened.push(
      openBrowser(url).then(
        () => undefined,
        (error: unknown) => void failures.push(error),
      ),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const command = join(folder, "browser");
  await writeFile(
    command,
    `#!/bin/sh
exec '${process.execPath}' --eval 'fetch("http://127.0.0.1:${port}/", { method: "POST", body: process.argv[1] })' "$1"
`,
    { mode: 0o700 },
  );
  return {
    command,
    rethrow() {
      if (failures.length > 0) throw failures[0];
    },
    async close() {
      await Promise.all(opened);
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
