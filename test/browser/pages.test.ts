import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson, Tab } from "../support/browser-person.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { useTwin } from "../support/use-twin.ts";
import { buttonHeights, contrasts, overflowing } from "./page-checks.ts";

const READABLE = 4.5;
/** CSS pixels that a finger hits (WCAG 2.2 §2.5.5), and those that it can (§2.5.8). */
const FINGER = { comfortable: 44, possible: 24 };

const LOOKS = [
  { width: 1280, height: 800, colorScheme: "light" },
  { width: 1280, height: 800, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

const twin = useTwin();
const browser = useBrowser();
const redirects = useRedirectListener();

interface PageUnderTest {
  readonly page: string;
  readonly open: (person: BrowserPerson) => Promise<Tab>;
  readonly status: number;
  /** Of the smallest button. */
  readonly finger: number;
  /** Landmarks, headings, notes and what can be pressed, in order. */
  readonly outline: readonly string[];
}

async function openConsent(person: BrowserPerson, metadata: Record<string, unknown> = {}): Promise<Tab> {
  const client = await OAuthClient.register(twin.origin, {
    client_name: "Sample desktop",
    redirect_uris: [redirects.url],
    ...metadata,
  });
  return person.open(client.authorizationRequest({ scope: "mcp.tools offline_access" }).url);
}

async function openEntra(person: BrowserPerson): Promise<Tab> {
  const tab = await openConsent(person);
  await tab.allow();
  return tab;
}

const PAGES: readonly PageUnderTest[] = [
  {
    page: "the consent page",
    open: openConsent,
    status: 200,
    finger: FINGER.comfortable,
    outline: [
      "banner",
      "main",
      'heading "Allow this application to use Microsoft Graph?" [level=1]',
      "note",
      'heading "If you allow this, it can" [level=2]',
      "list",
      "note",
      'button "Allow and sign in"',
      'button "Deny"',
    ],
  },
  {
    page: "the consent page with the longest of everything",
    open: (person) =>
      openConsent(person, {
        client_name: "W".repeat(120),
        redirect_uris: [`https://${"w".repeat(63)}.${"w".repeat(63)}.${"w".repeat(63)}.example/callback`],
      }),
    status: 200,
    finger: FINGER.comfortable,
    outline: [
      "banner",
      "main",
      'heading "Allow this application to use Microsoft Graph?" [level=1]',
      "note",
      'heading "If you allow this, it can" [level=2]',
      "list",
      "note",
      'button "Allow and sign in"',
      'button "Deny"',
    ],
  },
  {
    page: "the page about an unknown client",
    open: (person) => person.open(`${twin.origin}/authorize?client_id=nobody`),
    status: 400,
    finger: FINGER.comfortable,
    outline: ["banner", "main", 'heading "This sign-in cannot go on" [level=1]'],
  },
  {
    page: "the page for a person without the role",
    open: async (person) => {
      const tab = await openEntra(person);
      await tab.signInAs("Tess Marlow");
      return tab;
    },
    status: 403,
    finger: FINGER.comfortable,
    outline: [
      "banner",
      "main",
      'heading "You have no access to Microsoft Graph" [level=1]',
      'link "Back to the application"',
    ],
  },
  {
    page: "the Entra stand-in's sign-in page",
    open: openEntra,
    status: 200,
    finger: FINGER.possible,
    outline: [
      "main",
      "note",
      'heading "Pick an account" [level=1]',
      "list",
      'button "Mira Okafor mira.okafor@brightwater.example has the role Mcp.User"',
      'button "Jonas Lindqvist jonas.lindqvist@brightwater.example has the role Mcp.User, Gateway.Operator"',
      'button "Tess Marlow tess.marlow@brightwater.example has no app role"',
      'button "Cancel"',
    ],
  },
];

describe.each(PAGES)("$page", ({ open, status, finger, outline }) => {
  let person: BrowserPerson;
  let tab: Tab;

  beforeAll(async () => {
    person = await browser.person();
    tab = await open(person);
  });

  afterAll(() => person.close());

  it.each(LOOKS)("fits and can be read at $width x $height, $colorScheme", async (look) => {
    await tab.page.setViewportSize(look);
    await tab.page.emulateMedia({ colorScheme: look.colorScheme });

    expect(await overflowing(tab.page)).toEqual([]);
    const texts = await contrasts(tab.page);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.filter(({ ratio }) => ratio < READABLE)).toEqual([]);
    for (const height of await buttonHeights(tab.page)) expect(height).toBeGreaterThanOrEqual(finger);
  });

  it("has a title, one main heading, landmarks, and a name for everything one can press", async () => {
    const heading = tab.page.getByRole("heading", { level: 1 });
    expect(await heading.count()).toBe(1);
    expect(await tab.page.title()).toContain((await heading.textContent())?.trim());
    expect(await tab.page.locator("html").getAttribute("lang")).toBe("en");
    expect(await outlineOf(tab)).toEqual(outline);
  });

  it("CON-2 CON-6 loads nothing else, breaks no rule of its own policy, and cannot be framed or stored", async () => {
    const reload = person.requests.length;
    expect(tab.status).toBe(status);
    expect(tab.headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
    const expected = status === 200 ? [] : [expect.stringContaining(`a status of ${status}`)];
    expect(person.complaints).toEqual(expected);
    const origins = new Set(person.requests.map((url) => new URL(url).origin));
    for (const origin of origins) expect([twin.origin, twin.entra.url]).toContain(origin);
    expect(person.navigations).toHaveLength(reload);
  });
});

const OUTLINE = /^ *- ((?:banner|main|heading|list|note|button|link)\b(?!item)[^:]*)/;

/** What a screen reader offers to jump to. */
async function outlineOf(tab: Tab): Promise<string[]> {
  const lines = (await tab.page.locator("body").ariaSnapshot()).split("\n");
  return lines.flatMap((line) => OUTLINE.exec(line)?.[1] ?? []);
}
