import { describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson, Tab } from "../support/browser-person.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { useTwin } from "../support/use-twin.ts";
import { focused, overflowing } from "./page-checks.ts";

const PHONE = { width: 390, height: 844 };

const twin = useTwin();
const browser = useBrowser();
const redirects = useRedirectListener();

async function openConsent(person: BrowserPerson, metadata: Record<string, unknown> = {}): Promise<Tab> {
  const client = await OAuthClient.register(twin.origin, {
    client_name: "Sample desktop",
    redirect_uris: [redirects.url],
    ...metadata,
  });
  return person.open(client.authorizationRequest().url);
}

/** Whether a name's glyphs, accents and all, are drawn in its own block alone, which clips them. */
function insideItsBlock({ page }: Tab): Promise<boolean> {
  return page.locator(".client-name > .name").evaluate((name) => {
    const { overflowX, overflowY } = name.ownerDocument.defaultView.getComputedStyle(name);
    return overflowX === "hidden" && overflowY === "hidden";
  });
}

const cameBack = (url: URL) => `${url.origin}${url.pathname}` === redirects.url;

describe("by keyboard alone", () => {
  it("a person allows and signs in, and always sees where the focus is", async () => {
    const { page } = await openConsent(await browser.person());
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({
      name: expect.stringMatching(/^stay connected .*Otherwise it asks you again after 60 minutes\.$/),
      visible: true,
    });
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ name: "Allow and sign in", visible: true });
    await page.keyboard.press("Enter");

    await page.waitForURL((url) => url.origin === twin.entra.url);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ name: expect.stringContaining("Mira Okafor"), visible: true });
    await page.keyboard.press("Enter");
    await page.waitForURL(cameBack);
    expect(new URL(page.url()).searchParams.get("code")).toBeTruthy();
  });

  it("a person denies", async () => {
    const { page } = await openConsent(await browser.person());
    for (let tab = 0; tab < 3; tab++) await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ name: "Deny", visible: true });
    await page.keyboard.press("Space");
    await page.waitForURL(cameBack);
    expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
  });
});

describe("without JavaScript", () => {
  it("CON-8 a person unticks what they do not want to allow, and the client gets the rest", async () => {
    const person = await browser.person({ javaScript: false, viewport: PHONE });
    const client = await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url] });
    const request = client.authorizationRequest({
      scope: "mcp.tools mcp.diagnostics",
      resource: twin.mcpUrl,
    });
    const tab = await person.open(request.url);
    const box = tab.page.getByLabel("see what you allowed, and until when");
    expect(await box.isChecked()).toBe(true);
    await box.uncheck();
    // Browsers that bring back a form's state would show a box that is not ticked.
    await tab.page.reload();
    expect(await box.isChecked()).toBe(true);
    await box.uncheck();
    expect(await tab.page.getByRole("button", { name: "Deny" }).isVisible()).toBe(true);
    const landed = await tab.allowAs("Mira Okafor");
    const answer = await client.redeem(request, landed.searchParams.get("code") ?? "");
    expect(answer.json["scope"]).toBe("mcp.tools");
    await person.close();
  });

  it("CON-2 a person allows, signs in and comes back", async () => {
    const tab = await openConsent(await browser.person({ javaScript: false }));
    await tab.allow();
    const landed = await tab.signInAs("Jonas Lindqvist");
    expect(cameBack(landed)).toBe(true);
    expect(landed.searchParams.get("code")).toBeTruthy();
  });
});

describe("more consent pages than a browser keeps", () => {
  it("CON-4 leaves the newest of them in force, the oldest explained, and the cookies few", async () => {
    const person = await browser.person();
    const oldest = await openConsent(person);
    for (let opened = 0; opened < 10; opened++) await (await openConsent(person)).close();
    const newest = await openConsent(person);

    expect((await person.cookies()).filter((name) => name.startsWith("__Host-consent"))).toHaveLength(8);
    expect((await newest.allow()).origin).toBe(twin.entra.url);
    await oldest.allow();
    expect(oldest.status).toBe(400);
    expect(await oldest.text()).toContain("Please start again from your application.");
    await person.close();
  });
});

describe("a client that names no server", () => {
  it("CON-2 has the person told first which server it gets", async () => {
    const person = await browser.person({ viewport: PHONE });
    const { notice } = await (await openConsent(person)).consent();
    expect(notice).toMatch(/^This application did not say which server it wants\./);
    expect(notice).toContain(`it gets access to Microsoft Graph (${twin.mcpUrl})`);
    await person.close();
  });
});

describe("a client's own words", () => {
  it.each([
    ["markup", "<script>alert('x')</script><img src=x onerror=alert(1)>", undefined],
    [
      "the end of an attribute",
      `'><form action=https://evil.example><button>Deny</button></form>`,
      `'><form action=https://evil.example><button>Deny</button></f…`,
    ],
    ["a right-to-left override", "moc.edualc\u202Eeb si sihT", "moc.edualceb si sihT"],
    ["a right-to-left script", "עוזר הקוד", undefined],
    ["one endless word", "W".repeat(120), `${"W".repeat(60)}…`],
    ["emoji", "😀🚀👩‍💻 Bot", "😀🚀👩💻 Bot"],
    ["the end of our quotation", "Bot” to read nothing. Allow “Evil", "Bot' to read nothing. Allow 'Evil"],
    [
      "a claim of our own, behind an ornament that looks like our quotation mark",
      "Claude❞ to use Microsoft Graph? Verified by your IT department. Allow ❝Claude",
      "Claude' to use Microsoft Graph? Verified by your IT departme…",
    ],
    ["nothing that shows", "\u{1D159}\u{1D159}", "An application without a name"],
    ["scripts of both directions", "Claude מאומת verified ✓ אבג (IT)", undefined],
    ["blanks", `Bot${"\u00a0".repeat(90)}\u3164!`, "Bot !"],
    ["towers of accents", `Z${"\u0301\u0316".repeat(50)}o`, "Z\u0301\u0316\u0301\u0316o"],
    ["line breaks", "Bot\n\n\n\u2028\u2029Verified", expect.stringMatching(/^Bot ?Verified$/)],
  ])("CON-6 with %s in its name neither break nor mislead", async (_, name, shown = name) => {
    const person = await browser.person({ viewport: PHONE });
    const dialogs: string[] = [];
    const tab = await openConsent(person, { client_name: name });
    tab.page.on("dialog", (dialog) => dialogs.push(dialog.message()));

    const consent = await tab.consent();
    expect(consent.client).toEqual(shown);
    expect(consent.question).toBe("Allow this application to use Microsoft Graph?");
    expect(consent.destination).toBe("a program on this device");
    expect(await overflowing(tab.page)).toEqual([]);
    expect(await tab.page.locator("script, img, iframe, object, embed, form form").count()).toBe(0);
    expect(await tab.page.getByRole("button").count()).toBe(2);
    expect(await tab.page.getByRole("link").count()).toBe(0);
    // An isolate: whatever the name's direction, our words around it keep theirs.
    expect(await insideItsBlock(tab)).toBe(true);
    const isolation = await tab.page
      .locator(".client-name > .name bdi")
      .evaluate((bdi) => bdi.ownerDocument.defaultView.getComputedStyle(bdi).unicodeBidi);
    expect(isolation).toBe("isolate");

    expect(dialogs).toEqual([]);
    expect(person.complaints).toEqual([]);
    expect(person.requests).toEqual([tab.url.href]);
    await person.close();
  });

  it.each([
    "javascript:alert(1)",
    "http://plain.example/",
    "https://claude.ai/",
    "https://claude.ai@evil.example/",
    "https://сlaude.ai/",
  ])("CON-6 with %s as its website are not shown, and become no link", async (clientUri) => {
    const person = await browser.person();
    const tab = await openConsent(person, {
      client_uri: clientUri,
      logo_uri: "https://evil.example/logo.png",
    });
    expect(await tab.text()).not.toMatch(/claude|laude-0ye|evil\.example|plain\.example/);
    expect(await tab.page.getByRole("link").count()).toBe(0);
    expect(person.requests).toEqual([tab.url.href]);
    await person.close();
  });

  it("CON-2 with the host of a well-known site in a redirect URI show the host that really gets the answer", async () => {
    const person = await browser.person({ viewport: PHONE });
    const host = `claude.ai.login.${"x".repeat(60)}.evil.example`;
    const tab = await openConsent(person, { redirect_uris: [`https://${host}/claude.ai/callback`] });
    const { destination, warning } = await tab.consent();
    expect(destination).toBe(host);
    expect(warning).toContain(`Be sure that you know ${host}, where the answer goes.`);
    expect(await overflowing(tab.page)).toEqual([]);
  });
});
