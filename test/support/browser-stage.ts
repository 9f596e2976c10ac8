import type { GatewayConfigInput } from "../../config/schema.ts";
import { startBrowser, type TestBrowser } from "./browser.ts";
import { type RedirectListener, startRedirectListener } from "./mcp-redirect-listener.ts";
import { startTestTwin, type TestTwin } from "./twin.ts";

/** What a test file with real clients and real browsers needs, once for all its tests. */
export interface Stage {
  readonly twin: TestTwin;
  readonly browser: TestBrowser;
  /** Of the client on the person's computer. */
  readonly redirects: RedirectListener;
  close(): Promise<void>;
}

/**
 * @param config replaces members of the shipped `gateway.config.ts`
 * @throws the first part's failure, after the others were ended
 */
export async function startStage(config: Partial<GatewayConfigInput> = {}): Promise<Stage> {
  const twin = startTestTwin(config);
  const browser = startBrowser();
  const redirects = startRedirectListener();
  const close = () =>
    Promise.allSettled([
      twin.then((part) => part.stop()),
      browser.then((part) => part.close()),
      redirects.then((part) => part.close()),
    ]);
  try {
    const parts = await Promise.all([twin, browser, redirects]);
    return {
      twin: parts[0],
      browser: parts[1],
      redirects: parts[2],
      async close() {
        for (const outcome of await close()) if (outcome.status === "rejected") throw outcome.reason;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
