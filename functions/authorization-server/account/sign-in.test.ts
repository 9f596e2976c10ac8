import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountApp, startAccount, stateOf } from "../testing/account.ts";
import { withCookies } from "../testing/calls.ts";
import { ISSUER } from "../testing/gateway.ts";
import { TenantRefusedError, UpstreamError } from "../upstream/errors.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("signing in to the account page", () => {
  it("leads to Entra and back, with a cookie of fifteen minutes and nothing stored", async () => {
    const browser = account.browser();
    const away = await browser.open();
    expect(away.status).toBe(303);
    expect(away.location).toMatch(/^https:\/\/login\.example\/authorize\?state=account\./);
    const back = await browser.signIn(account.mira);
    expect([back.status, back.location]).toEqual([303, `${ISSUER}/account`]);
    const set = back.headers.getSetCookie();
    expect(set).toEqual([
      expect.stringMatching(/^__Host-account=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=900$/),
      expect.stringMatching(/^__Host-account-sign-in-[\w.-]+=; .*Max-Age=0$/),
      expect.stringMatching(/^__Host-entra-answer-[01]=; .*Max-Age=0$/),
    ]);
    expect(account.sessions.store.operations()).toEqual({});
    expect(browser.lines).toContainEqual({
      level: "info",
      event: "account_signed_in",
      fields: { audit: true, user: account.mira.objectId, tenant: "tenant", operator: false },
    });
    expect((await browser.open()).text).toContain("Signed in as <strong><bdi>Mira</bdi></strong>");
  });

  it("ends after fifteen minutes, and Entra is asked anew", async () => {
    const browser = account.browser();
    await browser.signIn(account.mira);
    account.sessions.clock.advance(899);
    expect((await browser.open()).status).toBe(200);
    account.sessions.clock.advance(1);
    expect((await browser.open()).location).toContain("https://login.example/");
  });

  it("CAL-1 ends in another browser, without its cookie, and when it comes back a second time", async () => {
    const [one, other] = [account.browser(), account.browser()];
    const { location } = await one.open();
    await other.open();
    const query = { state: stateOf(location), code: "code" };
    for (const browser of [other, one, one]) {
      const { status, headers } = await browser.comeBack(query);
      const signedIn = headers.getSetCookie().some((each) => each.startsWith("__Host-account="));
      expect([status, signedIn]).toEqual(
        browser === one && one.lines.length === 1 ? [303, true] : [400, false],
      );
    }
  });

  it("CAL-4 comes back with a code of the longest kind, posted by Entra's page", async () => {
    const browser = account.browser();
    const given: string[] = [];
    account.pageSignIn.finish = async (code?: string) => {
      given.push(code ?? "");
      return account.mira;
    };
    const code = `1.${"c0de".repeat(579)}.`;
    const back = await browser.comeBack({ state: stateOf((await browser.open()).location), code });
    expect([back.location, given, code.length]).toEqual([`${ISSUER}/account`, [code], 2319]);
  });

  it("CAL-4 takes no code from the query, and asks Entra once more for an answer that is lost, once", async () => {
    const browser = account.browser();
    const user = account.mira.objectId;
    const given: string[] = [];
    account.pageSignIn.finish = async (code?: string) => {
      given.push(code ?? "");
      return account.operator;
    };
    const bare = async (location: string | undefined) =>
      browser.send("callback", `?${new URLSearchParams({ state: stateOf(location), code: "query-code" })}`);
    const again = await bare((await browser.open(`?user=${user}`)).location);
    expect([again.status, again.location]).toEqual([303, expect.stringContaining("https://login.example/")]);
    expect(again.lines).toMatchObject([
      { event: "account_sign_in_asked_again", fields: { because: "answer_lost" } },
    ]);
    const ended = await bare(again.location);
    expect([ended.status, ended.lines[0]?.fields["reason"]]).toEqual([503, "answer_lost"]);

    const third = await bare((await browser.open(`?user=${user}`)).location);
    const back = await browser.comeBack({ state: stateOf(third.location), code: "code" });
    expect([back.location, given]).toEqual([`${ISSUER}/account?user=${user}`, ["code"]]);
  });

  it("CAL-1 ends when it takes longer than a sign-in may", async () => {
    const browser = account.browser();
    const { location } = await browser.open();
    account.sessions.clock.advance(600);
    const { status, headers } = await browser.comeBack({ state: stateOf(location), code: "code" });
    expect(status).toBe(400);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-account-sign-in-[\w.-]+=; .*Max-Age=0$/),
      expect.stringMatching(/^__Host-entra-answer-[01]=; .*Max-Age=0$/),
    ]);
  });

  it("lets the person pick the account where that is asked for, and takes nothing else for it", async () => {
    const promptAfter = async (query: string) =>
      new URL((await account.browser().open(query)).location ?? "").searchParams.get("prompt");
    expect(await promptAfter("?prompt=select_account")).toBe("select_account");
    for (const query of ["", "?prompt=login", "?prompt=none", "?prompt=x%26claims=y"]) {
      expect(await promptAfter(query)).toBeNull();
    }
    const browser = account.browser();
    const back = await browser.signIn(account.mira, "?prompt=select_account");
    expect(back.location).toBe(`${ISSUER}/account`);
    expect((await browser.open("?prompt=select_account")).status).toBe(200);
  });

  it("GW-9 goes to Entra once more, with the claims that its policy wants, and on to the page that was asked for", async () => {
    const claims = '{"access_token":{"capolids":{"essential":true,"values":["policy"]}}}';
    const browser = account.browser();
    const user = account.mira.objectId;
    const { location } = await browser.open(`?user=${user}`);
    account.pageSignIn.refusal = new UpstreamError("refused", "AADSTS50076", claims);
    const again = await browser.comeBack({ state: stateOf(location), code: "code" });
    expect(again.status).toBe(303);
    expect(new URL(again.location ?? "").searchParams.get("claims")).toBe(claims);
    expect(stateOf(again.location)).not.toBe(stateOf(location));
    expect(browser.lines).toEqual([
      {
        level: "info",
        event: "account_sign_in_asked_again",
        fields: { audit: true, because: "claims" },
      },
    ]);
    account.pageSignIn.refusal = undefined;
    account.pageSignIn.person = account.operator;
    const back = await browser.comeBack({ state: stateOf(again.location), code: "code" });
    expect([back.status, back.location]).toEqual([303, `${ISSUER}/account?user=${user}`]);
  });

  it("GW-9 ends with a page when Entra wants more of the person even so", async () => {
    const browser = account.browser();
    const { location } = await browser.open();
    account.pageSignIn.refusal = new UpstreamError("refused", "AADSTS50076", '{"access_token":{"a":null}}');
    const again = await browser.comeBack({ state: stateOf(location), code: "code" });
    const ended = await browser.comeBack({ state: stateOf(again.location), code: "code" });
    expect([ended.status, ended.location]).toEqual([400, undefined]);
    expect(ended.text).toContain("Microsoft Entra ID did not sign you in.");
  });

  it("carries no more of whom to show than an object ID of another tenant has", async () => {
    const { location } = await account.browser().signIn(account.mira, `?user=${"u".repeat(5000)}`);
    expect(new URL(location ?? "").searchParams.get("user")).toBe("u".repeat(100));
  });

  it("CON-4 works in several tabs at once, and pushes out the oldest beyond three", async () => {
    const browser = account.browser();
    const states: string[] = [];
    for (let tab = 0; tab < 4; tab++) {
      states.push(stateOf((await browser.open()).location));
      account.sessions.clock.advance(1);
    }
    const statuses: number[] = [];
    for (const state of states) statuses.push((await browser.comeBack({ state, code: "code" })).status);
    expect(statuses).toEqual([400, 303, 303, 303]);
  });

  it("CAL-3 shows a page when Entra refuses, cancelled or not, and 503 when it is out", async () => {
    const browser = account.browser();
    const comeBack = async (query: Readonly<Record<string, string>>) =>
      browser.comeBack({ state: stateOf((await browser.open()).location), ...query });
    const cancelled = await comeBack({ error: "access_denied", error_description: "AADSTS65004: <b>" });
    expect([cancelled.status, cancelled.text.includes("cancelled")]).toEqual([400, true]);
    expect(cancelled.text).not.toContain("<b>");
    expect(cancelled.text).toContain(`href="${ISSUER}/account?prompt=select_account"`);
    account.pageSignIn.refusal = new UpstreamError("refused", "AADSTS50105");
    expect((await comeBack({ code: "code" })).status).toBe(400);
    account.pageSignIn.refusal = new UpstreamError("unavailable", "timeout");
    const out = await comeBack({ code: "code" });
    expect([out.status, out.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(out.text).toContain(`href="${ISSUER}/account"`);
  });

  it("tells somebody of an organization that is not let in, and the log whose that is", async () => {
    const browser = account.browser();
    account.pageSignIn.finish = () =>
      Promise.reject(new TenantRefusedError("7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12"));
    const { location } = await browser.open();
    const { status, text, headers } = await browser.comeBack({ state: stateOf(location), code: "code" });
    expect([status, text.includes("an organization that is not let in here")]).toEqual([403, true]);
    expect(text).toContain(`href="${ISSUER}/account?prompt=select_account"`);
    expect(headers.has("retry-after")).toBe(false);
    expect(browser.lines.at(-1)?.fields).toMatchObject({
      reason: "tenant_not_allowed",
      tenant: "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12",
    });
  });

  it("leaves clients' own sign-ins alone, and they it", async () => {
    const browser = account.browser();
    const { text } = await browser.comeBack({ state: "1a2b3c.AAAAAAAAAAAAAAAAAAAAAA", code: "code" });
    expect(text).toContain("not started in this browser");
    expect(withCookies(browser.cookies).headers.get("cookie")).toBeNull();
  });

  it("CON-4 pushes out the oldest sign-in in whatever order the browser sends them, and nothing else", async () => {
    const browser = account.browser();
    for (let tab = 0; tab < 3; tab++) {
      await browser.open();
      account.sessions.clock.advance(1);
    }
    const [oldest = ""] = browser.cookies;
    const other = `__Host-consent-${"c".repeat(43)}=x`;
    browser.cookies = [other, ...browser.cookies.toReversed()];
    const { headers } = await browser.open();
    const expired = headers.getSetCookie().filter((each) => each.endsWith("Max-Age=0"));
    expect(expired.map((each) => each.split("=")[0])).toEqual([oldest.split("=")[0]]);
  });
});
