import { chromium } from "playwright-core";
import { BrowserPerson, type PersonOptions } from "./browser-person.ts";
import { browserProgram } from "./browser-program.ts";

/** As root, in a container; what is not on loopback is never asked, neither by a page nor by the browser itself. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
];

export interface TestBrowser {
  /** Somebody else at a computer of their own: no cookie is shared with anyone before. */
  person(options?: PersonOptions): Promise<BrowserPerson>;
  close(): Promise<void>;
}

/** Starts a Chromium; one serves a whole test file. */
export async function startBrowser(): Promise<TestBrowser> {
  const { executable, environment } = await browserProgram();
  const browser = await chromium.launch({
    executablePath: executable,
    args: ARGUMENTS,
    env: { ...process.env, ...environment },
    timeout: 30_000,
  });
  return {
    person: (options) => BrowserPerson.at(browser, options),
    close: () => browser.close(),
  };
}
