import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeEach, test } from "vitest";
import { toBeStarted } from "../../functions/testing/started.ts";
import { BrowserPerson, type PersonOptions } from "./browser-person.ts";
import { browserProgram } from "./browser-program.ts";
import { PATIENCE_MS } from "./patience.ts";

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
  /** Somebody else at a computer of their own: no cookie is shared with anyone before. It is closed after the test, or with the file. */
  person(options?: PersonOptions): Promise<BrowserPerson>;
}

const ofWorker = test.extend<{ $worker: { chromium: Browser } }>({
  chromium: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures this one needs
    async ({}, use) => {
      const browser = await launchChromium();
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],
});

/** The Chromium of this worker: the test files that the worker runs, one after the other, share it. */
export function useBrowser(): TestBrowser {
  const { value, is } = toBeStarted<TestBrowser>("the browser");
  const ofFile = new Set<BrowserPerson>();
  let ofTest: Set<BrowserPerson> | undefined;
  ofWorker.beforeAll(({ chromium: browser }) => {
    is({
      async person(options) {
        const person = await BrowserPerson.at(browser, options);
        (ofTest ?? ofFile).add(person);
        return person;
      },
    });
  });
  beforeEach(() => {
    const people = new Set<BrowserPerson>();
    ofTest = people;
    return async () => {
      ofTest = undefined;
      await Promise.all([...people].map((person) => person.close()));
    };
  });
  afterAll(() => Promise.all([...ofFile].map((person) => person.close())));
  return value;
}

async function launchChromium(): Promise<Browser> {
  const { executable, environment } = await browserProgram();
  return chromium.launch({
    executablePath: executable,
    args: ARGUMENTS,
    env: { ...process.env, ...environment },
    timeout: PATIENCE_MS,
  });
}
