import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountApp, startAccount } from "../testing/account.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { ISSUER } from "../testing/gateway.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("signing out", () => {
  it("ends it in this browser, says so, and does not lead to Entra", async () => {
    const browser = account.browser();
    await browser.signIn(account.mira);
    const out = await browser.send("account-sign-out", "", { headers: SAME_ORIGIN });
    expect([out.status, out.location]).toEqual([303, `${ISSUER}/account/signed-out`]);
    const page = await browser.send("account-signed-out");
    expect([page.status, page.text.includes("You are signed out")]).toEqual([200, true]);
    expect((await browser.open()).location).toContain("https://login.example/");
  });

  it("CON-3 is refused to another site's form", async () => {
    const browser = account.browser();
    await browser.signIn(account.mira);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await browser.send("account-sign-out", "", { headers })).status).toBe(403);
    expect((await browser.open()).status).toBe(200);
  });

  it("leads from the page after signing out back to the account, with another account if they like", async () => {
    const { text } = await account.browser().send("account-signed-out");
    expect(text).toContain(`href="${ISSUER}/account?prompt=select_account"`);
    expect(text).toContain("Sign in again");
  });
});
