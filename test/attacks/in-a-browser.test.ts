import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { endpoints } from "../../functions/authorization-server/endpoints.ts";
import { makeCall } from "../../functions/authorization-server/testing/calls.ts";
import { makeDependencies } from "../../functions/authorization-server/testing/dependencies.ts";
import { answering, startDocumentHost } from "../../functions/authorization-server/testing/document-host.ts";
import { startSessions } from "../../functions/authorization-server/testing/sessions.ts";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson, Tab } from "../support/browser-person.ts";
import { useHostileSite } from "../support/hostile-site.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { formOf } from "../support/page.ts";
import { Person } from "../support/person.ts";
import type { BackendAnswer } from "../support/recording-backend.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

const { twin, backend } = useTwinWithNotes();
const browser = useBrowser();
const redirects = useRedirectListener();
const site = useHostileSite();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

/** Where Chromium leaves a frame whose content refuses to be one. */
const REFUSED = "chrome-error://chromewebdata/";

/** Every way to a page of the gateway's. */
const pages = (): [string, string][] => [
  ["the consent page", client.authorizationRequest().url],
  ["an error of /authorize", `${twin.origin}/authorize?client_id=nobody`],
  ["an error of /callback", `${twin.origin}/callback?code=1.x&state=x`],
];

it("CON-2 click-jacking: Chromium puts no page of ours into a frame, an object or an embed of another site", async () => {
  const person = await browser.person();
  for (const [name, url] of pages()) {
    const src = url.replaceAll("&", "&amp;");
    const harmless = site.publish("<title>harmless</title><p>harmless");
    const tab = await person.open(
      site.publish(`<!doctype html><iframe src="${harmless}"></iframe><iframe src="${src}"></iframe>
<iframe sandbox="allow-forms allow-scripts allow-same-origin" src="${src}"></iframe>
<object type="text/html" data="${src}"></object><embed type="text/html" src="${src}">`),
    );
    const framed = () =>
      tab.page
        .frames()
        .slice(1)
        .map((frame) => frame.url())
        .filter((each) => each !== harmless);
    await expect.poll(() => new Set(framed()), { message: name }).toEqual(new Set([REFUSED]));
    expect(tab.page.frames().some((frame) => frame.url() === harmless)).toBe(true);
    await tab.close();
  }
  await person.close();
});

it("CON-2 click-jacking: no answer to a form can be framed either, nor a page of our own frame another", async () => {
  const person = new Person(twin);
  const consent = await person.openPage(client.authorizationRequest().url);
  const form = formOf(consent);
  const entra = await person.send(consent, form, { ...form.fields, decision: "allow" });
  if (!("page" in entra)) throw new Error("Entra's page was expected");
  const refused = await person.press(entra.page, "Tess");
  const crossSite = await send(`${twin.origin}/consent`, {
    method: "POST",
    body: new URLSearchParams(),
  });
  const headersOf = [
    consent.headers,
    crossSite.headers,
    ...("page" in refused ? [refused.page.headers] : []),
  ];
  expect(headersOf).toHaveLength(3);
  for (const headers of headersOf) {
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
});

it("CON-3 consent CSRF: Chromium brings a form that another site sends no further than a refusal", async () => {
  const person = await browser.person();
  const { url } = client.authorizationRequest();
  const ownTab = await person.open(url);
  const transaction = await ownTab.page.locator('input[name="transaction"]').inputValue();
  const entraBefore = { ...twin.entra.requests };

  const tab = await person.open(
    site.publish(`<!doctype html><form method="post" action="${twin.origin}/consent">
<input type="hidden" name="transaction" value="${transaction}"><input type="hidden" name="decision" value="allow"></form>
<script>document.forms[0].submit()</script>`),
  );
  await tab.page.waitForURL(`${twin.origin}/consent`);
  expect(tab.status).toBe(403);
  expect(twin.entra.requests).toEqual(entraBefore);

  await ownTab.allow();
  expect(ownTab.url.origin).toBe(twin.entra.url);
  await person.close();
});

describe("a hostile MCP server", () => {
  beforeEach(() => {
    site.forget();
    backend.forget();
  });

  /** A page that allows a client by itself, once it runs in the gateway's origin. */
  const approving = (authorizationUrl: string): BackendAnswer => ({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "public, max-age=3600" },
    body: `<!doctype html><title>backend</title><body><script>
new Image().src = "${site.caughtAt("backend")}";
fetch(${JSON.stringify(authorizationUrl)}).then((response) => response.text()).then((html) => {
  const consent = new DOMParser().parseFromString(html, "text/html");
  document.body.append(document.importNode(consent.querySelector("form"), true));
  document.querySelector('button[value="allow"]').click();
});
</script>`,
  });

  /**
   * A page of the same site as the gateway's, since browsers keep a cache for each site: it fetches the server's answer with the
   * attacker's own access token, then sends the person to the very URL.
   */
  function lure(accessToken: string): string {
    const url = `${twin.origin}/notes/mcp`;
    const fetching = { headers: { Authorization: `Bearer ${accessToken}` } };
    return site
      .publish(
        `<!doctype html><script>fetch(${JSON.stringify(url)}, ${JSON.stringify(fetching)})
.finally(() => { location = ${JSON.stringify(url)}; })</script>`,
      )
      .replace("127.0.0.1", "localhost");
  }

  async function attackersToken(): Promise<string> {
    const resource = `${twin.origin}/notes/mcp`;
    const attackers = await OAuthClient.register(twin.origin);
    return (await attackers.signIn(new Person(twin), "Jonas Lindqvist", { resource })).accessToken;
  }

  it("GW-11 CON-1 cannot run what it answers in the consent page's origin, from Chromium's cache, and approve a client there", async () => {
    const token = await attackersToken();
    backend.answerWith(approving(client.authorizationRequest().url));
    const entraBefore = { ...twin.entra.requests };
    const person = await browser.person();
    const tab = await person.open(lure(token));
    await tab.page.waitForURL(`${twin.origin}/notes/mcp`);
    await tab.page.waitForLoadState("networkidle");
    expect(backend.requests.length).toBeGreaterThan(0);
    expect(person.visited(twin.entra.url)).toBe(false);
    expect(twin.entra.requests).toEqual(entraBefore);
    expect(site.ran).toEqual([]);
    expect(tab.status).toBe(401);
    await person.close();
  });
});

/** What runs, or loads something, wherever it becomes markup; short enough for a name. @param url that tells of it */
const SCRIPTS: readonly ((url: string) => string)[] = [
  (url) => `<script src=${url}></script>"><img src=${url}>`,
  (url) => `'"></title></bdi><svg/onload=location='${url}'>`,
  (url) => `" autofocus onfocus="location='${url}'`,
  (url) => `</style><link rel=stylesheet href=${url}>&lt;img src=${url}&gt;`,
];
/** All of them, for what may be long, after what is for links. */
const polyglot = (url: string) =>
  [`javascript:location='${url}'//`, ...SCRIPTS.map((script) => script(url)), `{{constructor}}`].join("");

const AUTHORIZATION_PARAMETERS = [
  ["client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "resource", "prompt"],
  ["code_challenge", "code_challenge_method", "login_hint", "nonce", "claims", "ui_locales", "request"],
].flat();

describe("a script in what a client or a link gives", () => {
  let person: BrowserPerson;

  // Without the pages' own policy, which would keep from running what had become markup.
  beforeAll(async () => {
    person = await browser.person({ ignoresPolicies: true });
  });

  afterAll(() => person?.close());

  /** Opens a page, and expects no element or attribute in it that is not ours, and nothing that ran. */
  async function expectHarmless(url: string): Promise<Tab> {
    const tab = await person.open(url);
    await expectNoMarkup(tab);
    return tab;
  }

  async function expectNoMarkup({ page }: Tab): Promise<void> {
    const ofOthers =
      "script, img, iframe, object, embed, base, meta[http-equiv], link:not([rel=icon]), [autofocus]";
    const found = await page.locator("html").evaluate((root, selector) => {
      const elements: (typeof root)[] = [...root.querySelectorAll("*")];
      return elements
        .filter(
          (each) =>
            each.matches(selector) ||
            each
              .getAttributeNames()
              .some(
                (name: string) => /^on/.test(name) || /^javascript:/i.test(each.getAttribute(name) ?? ""),
              ),
        )
        .map((each) => each.outerHTML);
    }, ofOthers);
    expect(found).toEqual([]);
    expect(site.ran).toEqual([]);
  }

  const register = (script: (place: string) => string) =>
    OAuthClient.register(twin.origin, {
      redirect_uris: [redirects.url],
      client_name: script("client_name"),
      client_uri: `https://client.example/${script("client_uri")}`,
      logo_uri: script("logo_uri"),
      tos_uri: script("tos_uri"),
      policy_uri: script("policy_uri"),
      contacts: [script("contacts")],
      scope: script("scope"),
      software_id: script("software_id"),
      software_version: "1",
      [script("member")]: script("member"),
    });

  it("would be caught if a page let it run", async () => {
    const tab = await person.open(site.publish(polyglot(site.caughtAt("control"))));
    await expect.poll(() => new Set(site.ran)).toEqual(new Set(["control"]));
    await tab.close();
    site.forget();
  });

  it.each(SCRIPTS.map((script) => [script("URL"), script] as const))(
    "CON-6 stored by every member of a registration: %s",
    async (_, script) => {
      const registered = await register((place) => script(site.caughtAt(place)));
      const tab = await expectHarmless(registered.authorizationRequest().url);
      expect(tab.status).toBe(200);
      await tab.allowAs("Tess Marlow");
      expect(tab.status).toBe(403);
      await expectNoMarkup(tab);
      await tab.close();
    },
  );

  it("CON-6 reflected by every parameter and path", async () => {
    const { origin } = twin;
    const at = (place: string) => encodeURIComponent(polyglot(site.caughtAt(place)));
    const own = await OAuthClient.register(origin, { redirect_uris: [redirects.url] });
    const tab = await person.open(origin);
    for (const url of [
      ...AUTHORIZATION_PARAMETERS.map(
        (name) => `${own.authorizationRequest({ [name]: undefined }).url}&${name}=${at(name)}`,
      ),
      `${origin}/callback?state=${at("state")}&error=${at("error")}&error_description=${at("error_description")}`,
      `${origin}/callback?code=${at("code")}&state=${at("state")}`,
      `${origin}/mcp?${at("query")}`,
      `${origin}/${at("path")}`,
      `${origin}/register/${at("client")}`,
      `${origin}/.well-known/oauth-protected-resource/${at("resource")}`,
    ]) {
      await tab.page.goto(url);
      await expectNoMarkup(tab);
    }
    await tab.close();
  });

  it("CON-6 in the error with which somebody comes back from Entra", async () => {
    const at = (place: string) =>
      polyglot(site.caughtAt(place)).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    const stranger = await browser.person({ ignoresPolicies: true });
    const own = await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url] });
    const tab = await stranger.open(own.authorizationRequest().url);
    const state = (await tab.allow()).searchParams.get("state");
    await tab.open(
      site.publish(`<!doctype html><form method="post" action="${twin.origin}/callback">
<input type="hidden" name="state" value="${state}"><input type="hidden" name="error" value="${at("error")}">
<input type="hidden" name="error_description" value="${at("description")}"></form>
<script>document.forms[0].submit()</script>`),
    );
    await tab.page.waitForURL((url) => url.href.startsWith(redirects.url));
    expect(tab.url.searchParams.get("error_description")).toBe(
      "Microsoft Entra ID did not complete the sign-in.",
    );
    expect(site.ran).toEqual([]);
    await stranger.close();
  });

  it("CON-6 in the document of a client that is known by it", async () => {
    const [sessions, host] = await Promise.all([startSessions(), startDocumentHost()]);
    const { authorize } = endpoints(makeDependencies(sessions, {}, {}, host.network));
    for (const [index, script] of SCRIPTS.entries()) {
      const at = (place: string) => script(site.caughtAt(place));
      const client_id = `https://client.example/${index}.json`;
      const redirect_uris = ["http://localhost/callback"];
      host.answer = answering({
        client_id,
        client_name: at("name"),
        redirect_uris,
        logo_uri: at("logo"),
        scope: at("scope"),
      });
      const { url } = new OAuthClient(
        "https://gw.example",
        client_id,
        "http://localhost:1/callback",
      ).authorizationRequest();
      const response = await authorize(new Request(url), makeCall());
      expect(response.status).toBe(200);
      await (await expectHarmless(site.publish(await response.text()))).close();
    }
    await host.stop();
    await sessions.stop();
  });

  it("CON-6 does nothing under the pages' own policy, even where it had become markup", async () => {
    const other = await browser.person();
    const { url } = client.authorizationRequest();
    const tab = await other.open(url);
    await tab.page.locator("body").evaluate(
      (body, [caught, framed]) => {
        const page = body.ownerDocument;
        for (const [name, source] of [
          ["script", caught],
          ["img", caught],
          ["iframe", framed],
        ]) {
          const element = page.createElement(name);
          element.setAttribute("src", source);
          body.append(element);
        }
        const inline = page.createElement("script");
        inline.text = `new Image().src = ${JSON.stringify(caught)}`;
        body.append(inline);
        body.insertAdjacentHTML("beforeend", `<svg onload="location='${caught}'"></svg>`);
      },
      [site.caughtAt("policy"), site.publish(`<script src="${site.caughtAt("frame")}"></script>`)],
    );
    await expect
      .poll(() => other.complaints.filter((each) => each.includes("Content Security Policy")).length)
      .toBeGreaterThan(3);
    expect(site.ran).toEqual([]);
    await other.close();
  });
});
