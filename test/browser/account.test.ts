import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { type BrowserPerson, restAndClick, type Tab } from "../support/browser-person.ts";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";
import { focused } from "./page-checks.ts";

const MIRA = "Mira Okafor";
/** Has the role Gateway.Operator. */
const JONAS = "Jonas Lindqvist";
const EVIL_SITE = "http://evil.example";

const twin = useOwnTwin();
const browser = useBrowser();
let account: string;
let desktop: OAuthClient;
let phone: OAuthClient;
/** Of the desktop. */
let tokens: Tokens;

beforeAll(async () => {
  const { origin } = twin;
  account = `${origin}/account`;
  desktop = await OAuthClient.register(origin, { client_name: "Sample desktop" });
  phone = await OAuthClient.register(origin, { client_name: "Sample phone" });
});

beforeEach(async () => {
  const mira = new Person(twin);
  tokens = await desktop.signIn(mira, MIRA);
  await phone.signIn(mira, MIRA);
});

async function openAccount(person: BrowserPerson, user = MIRA, url = account): Promise<Tab> {
  const tab = await person.open(url);
  await tab.signInAs(user);
  return tab;
}

/** Opens what explains a client's disconnection. */
async function explain(tab: Tab, name: string, word = "Disconnect"): Promise<void> {
  await tab.page.getByRole("region", { name }).locator("summary", { hasText: word }).click();
}

/** Disconnects a client. */
async function disconnect(tab: Tab, name: string): Promise<void> {
  await explain(tab, name);
  await restAndClick(tab.page.getByRole("button", { name: `Disconnect this application ${name}` }));
  await tab.page.getByRole("status").waitFor();
}

const refreshed = async () => (await desktop.refresh(tokens.refreshToken)).status;

describe("a person with a real browser", () => {
  it.each([true, false])(
    "TOK-7 disconnects a client (JavaScript: %s), and reloading sends nothing again",
    async (javaScript) => {
      const person = await browser.person({ javaScript });
      const tab = await openAccount(person);
      expect(tab.url.href).toBe(account);
      // One click shows what it means; only the second does it.
      const sure = tab.page.getByRole("button", { name: "Disconnect this application Sample desktop" });
      expect(await sure.isVisible()).toBe(false);
      await disconnect(tab, "Sample desktop");
      expect(tab.url.href).toBe(account);
      expect(await tab.page.getByRole("status").locator("p").allTextContents()).toEqual([
        "An application is disconnected.",
        "The application calls itself",
        "Sample desktop",
      ]);
      expect(await tab.page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Sample phone"]);
      expect(await refreshed()).toBe(400);
      const navigations = person.navigations.length;
      await tab.page.reload();
      expect(await tab.page.getByRole("status").count()).toBe(0);
      expect(person.navigations).toHaveLength(navigations + 1);
      expect(person.complaints).toEqual([]);
      await person.close();
    },
  );

  it("TOK-7 disconnects by keyboard alone, and always sees where the focus is", async () => {
    const person = await browser.person();
    const { page } = await openAccount(person);
    const tabTo = async (name: RegExp) => {
      for (;;) {
        await page.keyboard.press("Tab");
        const at = await focused(page);
        expect(at.visible).toBe(true);
        if (name.test(at.name)) return at.name;
      }
    };
    await tabTo(/^Sign out$/);
    await tabTo(/^Disconnect$/);
    await page.keyboard.press("Enter");
    await tabTo(/^Disconnect this application$/);
    const section = page.getByRole("region").filter({ has: page.locator(":focus") });
    const disconnected = await section.getByRole("heading", { level: 2 }).textContent();
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    const [left, ...others] = await page.getByRole("heading", { level: 2 }).allTextContents();
    expect([disconnected, left].sort()).toEqual(["Sample desktop", "Sample phone"]);
    expect(others).toEqual([]);
    await person.close();
  });

  it("signs out", async () => {
    const person = await browser.person();
    const tab = await openAccount(person);
    await tab.page.getByRole("button", { name: "Sign out" }).click();
    await tab.page.getByRole("heading", { name: "You are signed out" }).waitFor();
    expect(await person.cookies()).toEqual([]);
    await tab.page.getByRole("link", { name: "Sign in again" }).click();
    await tab.page.waitForURL((url) => url.origin === twin.entra.url);
    await person.close();
  });

  it("is spoken to in German where the browser asks for it", async () => {
    const person = await browser.person({ locale: "de-DE" });
    const tab = await openAccount(person);
    expect(await tab.text()).toContain("Ihre verbundenen Anwendungen");
    await explain(tab, "Sample desktop", "Trennen");
    await restAndClick(tab.page.getByRole("button", { name: "Diese Anwendung trennen Sample desktop" }));
    expect(await tab.page.getByRole("status").textContent()).toContain("Eine Anwendung ist getrennt.");
    await person.close();
  });
});

describe("another site", () => {
  it("CON-3 cannot have a signed-in person's browser end anything", async () => {
    const person = await browser.person();
    const tab = await openAccount(person);
    const formToken = await tab.page.locator('[name="form_token"]').first().inputValue();
    const evil = await person.open("about:blank");
    await evil.page.route(`${EVIL_SITE}/`, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<form method="post" action="${account}/revoke"><input name="form_token" value="${formToken}"><input name="all" value="yes"><button>Win a prize</button></form>`,
      }),
    );
    await evil.page.goto(`${EVIL_SITE}/`);
    await evil.page.getByRole("button").click();
    await evil.page.waitForURL(`${account}/revoke`);
    expect(evil.status).toBe(403);
    expect(await evil.text()).toContain("Nothing was changed.");
    expect(await refreshed()).toBe(200);
    await person.close();
  });
});

describe("an operator with a real browser", () => {
  it("TOK-7 finds a person by object ID and disconnects a client of theirs", async () => {
    const person = await browser.person();
    const tab = await openAccount(person, JONAS);
    const mira = twin.tenant.users.find(({ displayName }) => displayName === MIRA);
    await tab.page.getByLabel("Object ID in Microsoft Entra ID").fill(` ${mira?.oid.toUpperCase()} `);
    await tab.page.getByRole("button", { name: "Show" }).click();
    await tab.page.getByRole("heading", { name: "Another person’s connected applications" }).waitFor();
    await disconnect(tab, "Sample desktop");
    expect(await refreshed()).toBe(400);
    await tab.page.getByRole("link", { name: "Back to your own" }).click();
    await tab.page.getByRole("heading", { name: "Your connected applications" }).waitFor();
    await person.close();
  });
});
