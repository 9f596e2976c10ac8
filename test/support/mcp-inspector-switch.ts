import type { Page } from "playwright-core";

const ATTEMPTS = 12;
const PATIENCE_MS = 5_000;

/** The switch that connects MCP Inspector's page to its server; it lies hidden below its picture, as Mantine draws it. */
function serverSwitch(page: Page) {
  return page.getByRole("switch", { name: /^Connect or disconnect/ });
}

/**
 * Has the page connect, up to where it leads the person.
 *
 * @param destination pattern of the URL
 * @throws Error with what the page says, when it never leads there
 */
export function connectUpTo(page: Page, destination: string): Promise<void> {
  return flip(page, true, () => page.waitForURL(destination, { timeout: PATIENCE_MS }));
}

/**
 * Has the page connect with what it has, or disconnect.
 *
 * @throws Error with what the page says, when it never says that it has
 */
export function flipTo(page: Page, state: "Connected" | "Disconnected"): Promise<void> {
  const said = page.getByText(state, { exact: true });
  return flip(page, state === "Connected", () => said.waitFor({ timeout: PATIENCE_MS }));
}

/** A click that comes before the page listens is lost, and a person would click again; not while the page is at it. */
async function flip(page: Page, on: boolean, done: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if ((await isOn(page, on)) !== on) await serverSwitch(page).click({ force: true });
    const isDone = await done().then(
      () => true,
      () => false,
    );
    if (isDone) return;
  }
  throw new Error(`the page led nowhere:\n${await page.locator("body").innerText()}`);
}

/** @returns `otherwise` also when the switch is gone, since the page is on its way then */
async function isOn(page: Page, otherwise: boolean): Promise<boolean> {
  const toggle = serverSwitch(page);
  if ((await toggle.count()) === 0) await toggle.waitFor({ state: "attached" }).catch(() => undefined);
  return toggle.isChecked({ timeout: 1_000 }).catch(() => otherwise);
}
