import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { type BrowserPerson, Tab } from "../support/browser-person.ts";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { type PopupClient, type PopupWay, startPopupClient } from "../support/popup-client.ts";
import { useTwin } from "../support/use-twin.ts";

// Web clients that open /authorize in a popup, and go on in their own page.

const MIRA = "Mira Okafor";
const PAGE = "http://localhost:*/authorize?*";

const twin = useTwin();
const browser = useBrowser();
let site: PopupClient;
let client: OAuthClient;

beforeAll(async () => {
  site = await startPopupClient();
  client = await OAuthClient.register(twin.origin, { redirect_uris: [site.redirectUri] });
});

afterAll(async () => {
  await site?.close();
});

/** Opens the web client's page, and has it open the popup. */
async function openPopup(person: BrowserPerson, way: PopupWay, url: string) {
  const { page } = await person.open(site.page(way, url));
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Sign in" }).click(),
  ]);
  await popup.waitForURL(PAGE);
  return { page, popup: new Tab(popup, true) };
}

/** @returns the answer that the client's page got, once it has closed the popup */
async function answerIn(page: Page): Promise<URL> {
  const answer = page.locator("output").filter({ hasText: "?" });
  return new URL(`${site.redirectUri}${await answer.textContent()}`);
}

describe.each<PopupWay>(["message", "location"])(
  "a web client that learns of its answer by the popup's %s",
  (way) => {
    it("CAL-1 gets its code when the person allows it and signs in", async () => {
      const person = await browser.person();
      const request = client.authorizationRequest({ resource: twin.mcpUrl });
      const { page, popup } = await openPopup(person, way, request.url);
      await popup.allow();
      await popup.page.getByRole("button", { name: MIRA }).click();
      const code = client.code((await answerIn(page)).href);
      expect(tokensOf(await client.redeem(request, code)).accessToken).toBeTruthy();
      await person.close();
    });

    it("CON-5 hears of it when the person denies", async () => {
      const person = await browser.person();
      const { page, popup } = await openPopup(person, way, client.authorizationRequest().url);
      await popup.leaveByDenying();
      expect((await answerIn(page)).searchParams.get("error")).toBe("access_denied");
      await person.close();
    });
  },
);

describe("the opener of a popup", () => {
  it.each(["same-origin", "same-origin-allow-popups", "noopener-allow-popups"])(
    "would be gone for good, back at the client, too, if our page had the Cross-Origin-Opener-Policy %s",
    async (policy) => {
      const person = await browser.person();
      const { page } = await person.open("about:blank");
      await page.context().route(PAGE, async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), "cross-origin-opener-policy": policy };
        await route.fulfill({ response, headers });
      });
      const { popup } = await openPopup(person, "message", client.authorizationRequest().url);
      await popup.leaveByDenying();
      await popup.page.waitForURL(`${site.redirectUri}?*`);
      expect(await popup.page.evaluate("opener")).toBeNull();
      await person.close();
    },
  );

  it("is left to it by each of our pages", async () => {
    const person = await browser.person();
    const { origin } = twin;
    for (const path of [
      client.authorizationRequest().url,
      `${origin}/authorize?client_id=nobody`,
      `${origin}/callback?state=x`,
    ]) {
      const { headers } = await person.open(path);
      expect(headers).toHaveProperty("content-security-policy");
      expect(headers).not.toHaveProperty("cross-origin-opener-policy");
    }
    await person.close();
  });
});
