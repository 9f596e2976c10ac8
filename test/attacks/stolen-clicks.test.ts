import type { CDPSession, Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { type BrowserPerson, coverIsGone, restAndClick, Tab } from "../support/browser-person.ts";
import { useHostileSite } from "../support/hostile-site.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { startTestTwin } from "../support/twin.ts";
import { useOwnTwin } from "../support/use-twin.ts";

// Click-jacking without frames. An attacker's window closes over our page in the middle of a double click, and the person's second
// click lands on our page. Or an attacker's page asks for fast clicks or taps, and leads to our page in between. Chromium's animation
// clock stands still where a test clicks immediately, so that a slow machine does not make the click late.

const MIRA = "Mira Okafor";
const PHONE = { width: 390, height: 844 };
/** In a game of fast presses: how many, after how many of them the page leads to ours, and the time between two, in milliseconds. */
const GAME = { presses: 20, onOurPageAfter: 5, interval: 150 };

const twin = useOwnTwin();
const browser = useBrowser();
const redirects = useRedirectListener();
const site = useHostileSite();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url] });
});

const request = () => client.authorizationRequest({ resource: twin.mcpUrl });
const allowOn = (page: Page) => page.getByRole("button", { name: "Allow and sign in" });

/** How often the browser sent a decision. */
const decisions = ({ requests }: BrowserPerson) =>
  requests.filter((url) => /\/(?:consent|account\/revoke)$/.test(url)).length;

/** Stops the clock of a page's animations and transitions. */
async function stopClock(page: Page): Promise<{ start(): Promise<void> }> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Animation.enable");
  await session.send("Animation.setPlaybackRate", { playbackRate: 0 });
  return { start: async () => void (await session.send("Animation.setPlaybackRate", { playbackRate: 1 })) };
}

async function middleOf(target: Locator): Promise<[x: number, y: number]> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error("it is not shown");
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Presses and releases the mouse there, whatever lies there, and waits until the page has seen to it. */
async function clickAt(page: Page, [x, y]: readonly [x: number, y: number]): Promise<void> {
  await page.mouse.click(x, y);
  await twoFrames(page);
}

const twoFrames = (page: Page) =>
  page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");

/** The animations that take the cover off a form. */
const uncovering = (page: Page) =>
  page
    .locator("form")
    .evaluate((form) =>
      form
        .getAnimations({ subtree: true })
        .map((animation: { readonly effect: { getComputedTiming(): unknown } }) =>
          animation.effect.getComputedTiming(),
        ),
    );

/** Lets time pass for the animations of a page whose clock stands still. */
async function pass(page: Page, milliseconds: number): Promise<void> {
  await page.evaluate(
    `for (const animation of document.getAnimations()) animation.currentTime += ${milliseconds};`,
  );
}

describe("a click that was meant for another window", () => {
  it("CON-7 decides nothing when that window closes over the consent page, and counts once the pointer has rested", async () => {
    const person = await browser.person();
    const tab = await person.open(
      site.publish(
        `<!doctype html><button onclick="window.open('${site.publish(`<!doctype html>
<p>Double-click here to win.<script>addEventListener("mousedown", () => close())</script>`)}', '', 'width=600,height=600')">Play</button>`,
      ),
    );
    const [popup] = await Promise.all([
      tab.page.waitForEvent("popup"),
      tab.page.getByRole("button", { name: "Play" }).click(),
    ]);
    // Behind it, the attacker leads the window that opened it to our page.
    await tab.page.evaluate(`location = ${JSON.stringify(request().url)}`);
    await tab.page.waitForURL(`${twin.origin}/authorize?*`);
    const clock = await stopClock(tab.page);
    const allow = await middleOf(allowOn(tab.page));

    const closed = popup.waitForEvent("close");
    await popup.mouse.move(100, 100);
    await popup.mouse.down();
    await closed;
    await clickAt(tab.page, allow);
    await clickAt(tab.page, allow);
    expect(tab.url.pathname).toBe("/authorize");
    expect(decisions(person)).toBe(0);

    await clock.start();
    await coverIsGone(allowOn(tab.page));
    await tab.page.mouse.click(...allow);
    await tab.page.waitForURL((url) => url.origin === twin.entra.url);
    expect(decisions(person)).toBe(1);
    await person.close();
  });

  it("CON-7 denies nothing either, and allows nothing when it is pressed before the rest and released later", async () => {
    const person = await browser.person();
    const { page } = await person.open(request().url);
    const clock = await stopClock(page);
    await clickAt(page, await middleOf(page.getByRole("button", { name: "Deny" })));
    await page.mouse.down();
    await clock.start();
    // The wait does not run while the mouse is pressed.
    expect(await uncovering(page)).toEqual([]);
    await page.mouse.up();
    await coverIsGone(allowOn(page));
    expect(decisions(person)).toBe(0);
    await person.close();
  });

  it("CON-7 has to rest for 0.7 s again each time that the pointer comes back to the form", async () => {
    const person = await browser.person();
    const { page } = await person.open(request().url);
    const allow = await middleOf(allowOn(page));
    for (let visit = 0; visit < 2; visit++) {
      await page.mouse.move(1, 1);
      expect(await uncovering(page)).toEqual([]);
      await page.mouse.move(...allow);
      expect(await uncovering(page)).toMatchObject([{ duration: 700, delay: 0, iterations: 1 }]);
    }
    await person.close();
  });

  it.each([
    ["reduced motion", { reducedMotion: "reduce" }],
    ["forced colours", { forcedColors: "active" }],
    ["a dark scheme", { colorScheme: "dark" }],
    ["more contrast", { contrast: "more" }],
  ] as const)("CON-7 decides nothing for a person who asks for %s either", async (_, media) => {
    const person = await browser.person();
    const { page } = await person.open(request().url);
    await page.emulateMedia(media);
    await stopClock(page);
    await clickAt(page, await middleOf(allowOn(page)));
    expect(decisions(person)).toBe(0);
    await person.close();
  });

  it("CON-7 disconnects nothing on the account page", async () => {
    const tokens = await client.signIn(new Person(twin), MIRA);
    const person = await browser.person();
    const tab = await person.open(`${twin.origin}/account`);
    await tab.signInAs(MIRA);
    await tab.page.locator("summary", { hasText: "Disconnect" }).first().click();
    const clock = await stopClock(tab.page);
    const sure = tab.page.getByRole("button", { name: /^Disconnect this application/ }).first();
    await clickAt(tab.page, await middleOf(sure));
    expect(decisions(person)).toBe(0);
    expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
    await clock.start();
    await restAndClick(sure);
    await tab.page.getByRole("status").waitFor();
    await person.close();
  });
});

describe("a second tap on the account page", () => {
  it("CON-7 disconnects nothing where the first has just shown the button, however long the page was open", async () => {
    await client.signIn(new Person(twin), MIRA);
    const person = await browser.person({ touch: true, viewport: PHONE });
    const tab = await person.open(`${twin.origin}/account`);
    await tab.signInAs(MIRA);
    await tab.page.evaluate(`new Promise((done) => {
      const look = () => (document.timeline.currentTime > 1000 ? done() : requestAnimationFrame(look));
      look();
    })`);
    await stopClock(tab.page);
    await tab.page.locator("summary", { hasText: "Disconnect" }).first().tap();
    const sure = tab.page.getByRole("button", { name: /^Disconnect this application/ }).first();
    await tab.page.touchscreen.tap(...(await middleOf(sure)));
    await twoFrames(tab.page);
    expect(decisions(person)).toBe(0);
    await person.close();
  });
});

describe("a page that asks its visitor for fast presses, and leads to the consent page in between", () => {
  it.each([
    ["clicks of a mouse at rest", "mousedown", "mouse", {}],
    ["taps of a finger", "touchstart", "touchscreen", { touch: true, viewport: PHONE }],
  ] as const)("CON-7 gets no decision by %s", async (_, event, input, device) => {
    const person = await browser.person(device);
    const { url } = request();
    const measured = await person.open(url);
    const allow = await middleOf(allowOn(measured.page));
    await measured.close();
    const { page } = await person.open(
      site.publish(`<!doctype html><meta name="viewport" content="width=device-width"><p>As fast as you can!<script>
let presses = 0;
addEventListener("${event}", () => { if (++presses === ${GAME.onOurPageAfter}) location = ${JSON.stringify(url)}; });
</script>`),
    );
    const press = () => (input === "mouse" ? page.mouse.click(...allow) : page.touchscreen.tap(...allow));
    for (let pressed = 0; pressed < GAME.onOurPageAfter; pressed++) await press();
    await page.waitForURL(`${twin.origin}/authorize?*`);
    const clock = await stopClock(page);
    await page.evaluate("for (const animation of document.getAnimations()) animation.currentTime = 0;");

    for (let pressed = GAME.onOurPageAfter; pressed < GAME.presses; pressed++) {
      await pass(page, GAME.interval);
      await press();
      // A decision leads to another page, in the middle of these frames.
      await twoFrames(page).catch(() => undefined);
      expect(decisions(person)).toBe(0);
    }

    // The person stops, looks, and allows by one press.
    await clock.start();
    await coverIsGone(allowOn(page));
    await press();
    await page.waitForURL((at) => at.origin === twin.entra.url);
    expect(decisions(person)).toBe(1);
    await person.close();
  });
});

describe("a person who means the page", () => {
  it.each(["light", "dark"] as const)(
    "CON-7 sees nothing of what lies over the buttons, in a %s scheme or in forced colours",
    async (colorScheme) => {
      const person = await browser.person({ colorScheme, ignoresPolicies: true });
      const { page } = await person.open(request().url);
      for (const forcedColors of ["none", "active"] as const) {
        await page.emulateMedia({ forcedColors });
        const covered = await page.screenshot({ fullPage: true });
        const style = await page.addStyleTag({ content: ".decision::after { display: none !important; }" });
        expect(covered.equals(await page.screenshot({ fullPage: true }))).toBe(true);
        await style.evaluate((element) => element.remove());
      }
      await person.close();
    },
  );

  it("CON-7 decides at once by keyboard", async () => {
    const person = await browser.person();
    const { page } = await person.open(request().url);
    await stopClock(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.origin === twin.entra.url);
    await person.close();
  });

  it("CON-7 decides by one tap, once the page has been shown for 0.7 s", async () => {
    const person = await browser.person({ touch: true, viewport: PHONE });
    const { page } = await person.open(request().url);
    expect(await uncovering(page)).toMatchObject([{ duration: 700, delay: 0, iterations: 1 }]);
    await coverIsGone(allowOn(page));
    await page.touchscreen.tap(...(await middleOf(allowOn(page))));
    await page.waitForURL((url) => url.origin === twin.entra.url);
    await person.close();
  });

  it("CON-7 ticks the box after the wait, and allows without another", async () => {
    const remembering = await startTestTwin({ consent: { remember: { approvals: 3600 } } });
    const registration = { redirect_uris: ["https://client.example/callback"] };
    const asking = await OAuthClient.register(remembering.origin, registration);
    for (const device of [{}, { touch: true, viewport: PHONE }]) {
      const person = await browser.person(device);
      const { page } = await person.open(asking.authorizationRequest({ resource: remembering.mcpUrl }).url);
      const press = (at: readonly [x: number, y: number]) =>
        device.touch ? page.touchscreen.tap(...at) : page.mouse.click(...at);
      const label = await middleOf(page.locator("label", { hasText: "do not ask" }));
      await page.mouse.move(...label);
      await coverIsGone(allowOn(page));
      await stopClock(page);
      await press(label);
      expect(await page.getByRole("checkbox", { name: "do not ask" }).isChecked()).toBe(true);
      await press(await middleOf(allowOn(page)));
      await page.waitForURL((url) => url.origin === remembering.entra.url);
      await person.close();
    }
    await remembering.stop();
  });

  it("CON-7 sends one decision by a double click", async () => {
    const person = await browser.person();
    const { page } = await person.open(request().url);
    const twice = Promise.withResolvers<void>();
    await page.route("**/consent", async (route) => {
      await twice.promise;
      await route.continue();
    });
    const allow = await middleOf(allowOn(page));
    await page.mouse.move(...allow);
    await coverIsGone(allowOn(page));
    await stopClock(page);
    await page.mouse.click(...allow);
    await expect.poll(() => decisions(person)).toBe(1);
    await page.mouse.click(...allow);
    twice.resolve();
    await page.waitForURL((url) => url.origin === twin.entra.url);
    expect(decisions(person)).toBe(1);
    await person.close();
  });

  it("CON-7 goes on with the sign-in that was begun, after pressing again while Entra's page was slow to come", async () => {
    const person = await browser.person();
    const tab = await person.open(request().url);
    const { page } = tab;
    // Entra's page does not come until the person has pressed again.
    const session = await page.context().newCDPSession(page);
    await session.send("Fetch.enable", { patterns: [{ urlPattern: `${twin.entra.url}/*` }] });
    const onTheWay = new Promise<void>((asked) => session.once("Fetch.requestPaused", () => asked()));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await onTheWay;
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "You already allowed this" }).waitFor();
    expect(tab.status).toBe(400);
    await session.send("Fetch.disable");
    await page.getByRole("link", { name: "Continue signing in" }).click();
    const landed = await tab.signInAs(MIRA);
    expect(landed.searchParams.get("code")).toBeTruthy();
    await person.close();
  });

  it("CON-7 gets a new page, which decides, by going back from Entra; and is told when the sign-in is over", async () => {
    const person = await browser.person();
    const tab = await person.open(request().url);
    const transaction = () => tab.page.locator('[name="transaction"]').inputValue();
    const first = await transaction();
    await tab.allow();
    await tab.page.goBack();
    expect(await transaction()).not.toBe(first);
    expect((await tab.deny()).searchParams.get("error")).toBe("access_denied");

    // The page of before, as a tab that was restored would still show it.
    const restored = new Tab(await tab.page.context().newPage(), true);
    await restored.page.route(`${twin.origin}/authorize?*`, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/(name="transaction" value=")[^"]+/, `$1${first}`);
      await route.fulfill({ response, body });
    });
    await restored.page.goto(request().url);
    await restored.allow();
    expect(restored.status).toBe(400);
    expect(await restored.text()).toContain("You already allowed this");
    await person.close();
  });
});
