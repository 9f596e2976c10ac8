import type { Request } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { CODE_LENGTH } from "../../twin/entra/authorization-codes.ts";
import { useBrowser } from "../support/browser.ts";
import { approveAndSignIn, type BrowserPerson } from "../support/browser-person.ts";
import { useHostileSite } from "../support/hostile-site.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { useTwin } from "../support/use-twin.ts";

// Entra's stand-in is on 127.0.0.1 and the gateway on localhost: to a browser, these are two sites.

const MIRA = "Mira Okafor";
/** Somewhat less than API Management's v2 tiers take. */
const LONGEST_QUERY = 2000;
const ANSWER = /^__Host-entra-answer-[01]$/;

const twin = useTwin();
const browser = useBrowser();
const redirects = useRedirectListener();
const site = useHostileSite();
let client: OAuthClient;
let person: BrowserPerson;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url] });
});

/** The requests of a navigation to the gateway's callback, once all is done. */
function callbacksOf(requests: readonly Request[]) {
  const callbacks = requests.filter((request) => new URL(request.url()).pathname === "/callback");
  return Promise.all(
    callbacks
      .filter((request) => new URL(request.url()).origin === twin.origin)
      .map(async (request) => ({
        method: request.method(),
        url: new URL(request.url()),
        headers: await request.allHeaders(),
        body: new URLSearchParams(request.postData() ?? ""),
      })),
  );
}

/** Whether the client got a code of ours. */
const atClient = ({ origin, pathname, searchParams }: URL) =>
  `${origin}${pathname}` === redirects.url && searchParams.has("code");

/** Of a sign-in under way; a consent page has one of its own. */
const OTHERS = /^__Host-(?:consent-|allowed-earlier$)/;
const ofSignIn = (names: readonly string[]) => names.filter((name) => !OTHERS.test(name));
const namesIn = (cookie: string | undefined) =>
  ofSignIn((cookie ?? "").split("; ").map((pair) => pair.split("=")[0] ?? ""));

/** Where a page of somebody's posts forms to the callback, each in the same other window. */
const posting = (answers: readonly Readonly<Record<string, string>>[], how = "document.forms[at].submit()") =>
  site.publish(
    `<!doctype html>${answers
      .map(
        (answer) =>
          `<form method="post" target="_self" action="${twin.origin}/callback">${Object.entries(answer)
            .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
            .join("")}</form>`,
      )
      .join("")}<script>for (let at = 0; at < document.forms.length; at++) ${how};</script>`,
  );

describe("Entra's answer in a real browser", () => {
  it("CAL-4 comes through with the longest code: the form brings no cookie, the redirect brings all that it needs", async () => {
    person = await browser.person();
    const tab = await person.open(client.authorizationRequest().url);
    const requests: Request[] = [];
    tab.page.on("request", (request) => requests.push(request));
    await tab.allow();
    await tab.signInAs(MIRA);

    const [posted, followed, ...more] = await callbacksOf(requests);
    expect(more).toEqual([]);
    expect([posted?.method, posted?.headers["sec-fetch-site"], posted?.headers["origin"]]).toEqual([
      "POST",
      "cross-site",
      twin.entra.url,
    ]);
    expect(posted?.headers).not.toHaveProperty("cookie");
    expect(posted?.body.get("code")).toHaveLength(CODE_LENGTH);
    expect([followed?.method, followed?.headers["sec-fetch-site"]]).toEqual(["GET", "cross-site"]);
    expect([...(followed?.url.searchParams.keys() ?? [])]).toEqual(["state"]);
    expect(namesIn(followed?.headers["cookie"]).sort()).toEqual([
      expect.stringMatching(ANSWER),
      expect.stringMatching(/^__Host-sign-in-/),
    ]);
    const { searchParams } = tab.url;
    expect([searchParams.has("code"), searchParams.get("iss")]).toEqual([true, twin.origin]);
    expect(ofSignIn(await person.cookies())).toEqual([]);
    await person.close();
  });

  it("CAL-4 has no request of the sign-in with a query over 2,000 bytes, and no URL with Entra's code", async () => {
    person = await browser.person();
    const request = client.authorizationRequest();
    const tab = await person.open(request.url);
    const posted = tab.page.waitForRequest(
      (each) => each.method() === "POST" && each.url().endsWith("/callback"),
    );
    const landed = await tab.allowAs(MIRA);
    const code = new URLSearchParams((await posted).postData() ?? "").get("code") ?? "";
    const asked = person.requests.filter((url) => url !== request.url);
    expect(asked.length).toBeGreaterThan(5);
    for (const url of asked) {
      expect(new URL(url).search.length).toBeLessThanOrEqual(LONGEST_QUERY);
      expect(url).not.toContain(code.slice(0, 40));
    }
    const { accessToken } = tokensOf(await client.redeem(request, client.code(landed.href)));
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
    await person.close();
  });

  it("CAL-4 comes through where no scripts run, by a button", async () => {
    person = await browser.person({ javaScript: false });
    const landed = await approveAndSignIn(person, client.authorizationRequest().url, MIRA);
    expect(atClient(landed)).toBe(true);
    await person.close();
  });

  it("CAL-4 signs in to the account page with the longest code", async () => {
    person = await browser.person();
    const tab = await person.open(`${twin.origin}/account`);
    await tab.signInAs(MIRA);
    expect([tab.status, tab.url.href]).toEqual([200, `${twin.origin}/account`]);
    expect(await tab.text()).toContain(MIRA);
    expect(await person.cookies()).toEqual(["__Host-account"]);
    await person.close();
  });

  it("CAL-4 CON-4 completes two sign-ins whose answers come at the same moment, without a question at Entra", async () => {
    person = await browser.person();
    await approveAndSignIn(person, client.authorizationRequest().url, MIRA);
    const requests = [client.authorizationRequest(), client.authorizationRequest()];
    const tabs = [];
    for (const { url } of requests) tabs.push(await person.open(url));
    const landed = await Promise.all(tabs.map((tab) => tab.allow()));
    for (const [index, request] of requests.entries()) {
      const state = new URL(request.url).searchParams.get("state");
      expect(landed[index]?.searchParams.get("state")).toBe(state);
      expect(landed[index] && atClient(landed[index])).toBe(true);
    }
    await person.close();
  });

  it("CAL-3 brings the client Entra's error, whose description has line breaks", async () => {
    person = await browser.person();
    const tab = await person.open(client.authorizationRequest().url);
    await tab.allow();
    const { searchParams } = await tab.cancelSignIn();
    expect(searchParams.get("error")).toBe("access_denied");
    expect(searchParams.get("error_description")).toBe("The person cancelled the sign-in.");
    await person.close();
  });
});

describe("an answer that another site posts in a victim's browser", () => {
  const answer = (more: Readonly<Record<string, string>> = {}) => ({
    state: `tro90l176.${"A".repeat(22)}`,
    code: "c".repeat(CODE_LENGTH),
    ...more,
  });

  it("CAL-1 ends in a page, and is gone from the browser", async () => {
    person = await browser.person();
    const tab = await person.open(posting([answer()]));
    await tab.page.waitForURL((url) => url.pathname === "/callback" && url.search !== "");
    expect(tab.status).toBe(400);
    expect(await tab.text()).toContain("not started in this browser");
    expect(await person.cookies()).toEqual([]);
    await person.close();
  });

  it("CAL-1 is kept of no frame, image or script", async () => {
    person = await browser.person();
    const page = site.publish(`<!doctype html><iframe name="frame"></iframe>
<form method="post" target="frame" action="${twin.origin}/callback">${Object.entries(answer())
      .map(([name, value]) => `<input name="${name}" value="${value}">`)
      .join("")}</form><script>
const body = new URLSearchParams(new FormData(document.forms[0]));
document.forms[0].submit();
fetch("${twin.origin}/callback", { method: "POST", mode: "no-cors", credentials: "include", body })
  .finally(() => fetch("${site.caughtAt("done")}"));
</script>`);
    const answered: number[] = [];
    const tab = await person.open("about:blank");
    tab.page.on("response", (response) => {
      if (response.url().startsWith(twin.origin)) answered.push(response.status());
    });
    await tab.page.goto(page);
    await expect.poll(() => answered.length).toBeGreaterThanOrEqual(2);
    expect(new Set(answered)).toEqual(new Set([403]));
    expect(await person.cookies()).toEqual([]);
    await person.close();
  });

  it("CAL-4 CON-4 pushes out no sign-in however often it is posted, and leaves few cookies", async () => {
    person = await browser.person();
    const own = await person.open(client.authorizationRequest().url);
    await own.allow();
    const attackers = await person.open("about:blank");
    // Each submission cuts off the redirect of the one before, so that nothing takes its answer out again.
    const many = Array.from({ length: 40 }, (_, index) =>
      answer({ state: `tro90l176.${String(index).padStart(22, "A")}` }),
    );
    await attackers.page.goto(posting(many, "setTimeout(() => document.forms[at].submit(), at * 15)"));
    await attackers.page.waitForURL((url) => url.pathname === "/callback", { timeout: PATIENCE_MS });
    const answers = (await person.cookies()).filter((name) => ANSWER.test(name));
    expect(answers.length).toBeLessThanOrEqual(2);
    expect(atClient(await own.signInAs(MIRA))).toBe(true);
    await person.close();
  });
});
