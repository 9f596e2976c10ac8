import type { Page } from "playwright-core";

const ATTEMPTS = 4;
const PATIENCE_MS = 5_000;

/** The switch that connects MCP Inspector's page to its server; it lies hidden below its picture, as Mantine draws it. */
export function serverSwitch(page: Page) {
  return page.getByRole("switch", { name: /^Connect or disconnect/ });
}

export async function flipSwitch(page: Page): Promise<void> {
  await serverSwitch(page).click({ force: true });
}

/**
 * Has the page connect, up to where it leads the person. A click that comes before the page listens is lost, and a person would
 * click again; while the page is at it, the switch is on.
 *
 * @param destination pattern of the URL
 * @throws Error with what the page says, when it never leads there
 */
export async function flipSwitchUntil(page: Page, destination: string): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (!(await isOn(page))) await flipSwitch(page);
    const arrived = await page.waitForURL(destination, { timeout: PATIENCE_MS }).then(
      () => true,
      () => false,
    );
    if (arrived) return;
  }
  throw new Error(`the page led nowhere:\n${await page.locator("body").innerText()}`);
}

/** @returns true also when the switch is gone, since the page is on its way then */
async function isOn(page: Page): Promise<boolean> {
  const toggle = serverSwitch(page);
  if ((await toggle.count()) === 0) await toggle.waitFor({ state: "attached" }).catch(() => undefined);
  return toggle.isChecked({ timeout: 1_000 }).catch(() => true);
}
