import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGE_TAGS } from "../../config/language-tags.ts";
import type { ResolvedGateway } from "../../config/resolve.ts";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson } from "../support/browser-person.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { useOwnTwin } from "../support/use-twin.ts";
import { violations } from "./axe.ts";
import { brandedGateway, OUR_PAGES, plainGateway, showPage } from "./our-pages.ts";
import { overflowing } from "./page-checks.ts";

const LOOKS = [
  { width: 1280, height: 800, colorScheme: "light", gateway: brandedGateway },
  { width: 360, height: 740, colorScheme: "dark", gateway: plainGateway },
] as const;

const SIGN_INS = 20;

const twin = useOwnTwin({ rateLimits: { signIn: { calls: SIGN_INS, period: 300 } } });
const browser = useBrowser();

describe.each(LANGUAGE_TAGS)("in the language %s", (tag) => {
  let person: BrowserPerson;
  /** One for each look. */
  let tabs: { readonly page: Page; readonly gateway: ResolvedGateway }[];

  beforeAll(async () => {
    person = await browser.person({ locale: `${tag}-AT` });
    tabs = await Promise.all(
      LOOKS.map(async ({ gateway, colorScheme, ...size }) => {
        const { page } = await person.open("about:blank");
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        return { page, gateway };
      }),
    );
  });

  afterAll(() => person.close());

  it.each(OUR_PAGES)("$name can be used by everybody", async (ourPage) => {
    const examine = async ({ page, gateway }: (typeof tabs)[number]) => {
      await showPage(page, ourPage, gateway);
      for (const summary of await page.locator("summary").all()) await summary.click();

      expect(await page.locator("html").getAttribute("lang")).toBe(tag);
      expect(await violations(page)).toEqual([]);
      expect(await overflowing(page)).toEqual([]);
    };
    await Promise.all(tabs.map(examine));
    expect(person.complaints.filter((each) => !each.includes("a status of "))).toEqual([]);
  });
});

describe("through the gateway", () => {
  it("the consent page is German for a browser that asks for it", async () => {
    const person = await browser.person({ locale: "de-DE" });
    const client = await OAuthClient.register(twin.origin);
    const tab = await person.open(client.authorizationRequest().url);
    expect(tab.headers["content-language"]).toBe("de");
    expect(await tab.text()).toContain("Zulassen und anmelden");
    await person.close();
  });

  it("GW-8 the gateway's own page can be used by everybody, in every language", async () => {
    const person = await browser.person({ viewport: { width: 360, height: 740 } });
    const tab = await person.open(`${twin.origin}/authorize`);
    for (let visit = 0; visit < SIGN_INS && tab.status !== 429; visit++) await tab.page.reload();
    expect(tab.status).toBe(429);
    expect(tab.headers["content-language"]).toBe(LANGUAGE_TAGS.join(", "));
    expect(await violations(tab.page)).toEqual([]);
    expect(await overflowing(tab.page)).toEqual([]);
    await person.close();
  });
});
