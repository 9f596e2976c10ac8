import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountApp, startAccount, stateOf } from "../testing/account.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("the account's cookies", () => {
  const valueIn = (cookies: readonly string[], name: RegExp) =>
    cookies.map((each) => name.exec(each)?.[1]).findLast((value) => value) ?? "";

  it("CAL-1 are each of a kind of their own", async () => {
    const browser = account.browser();
    const state = stateOf((await browser.open()).location);
    const underWay = valueIn(browser.cookies, /^__Host-account-sign-in-[^=]+=([^;]+)/);
    await browser.signIn(account.operator);
    const signedIn = valueIn(browser.cookies, /^__Host-account=([^;]+)/);

    const asSignedIn = account.browser();
    asSignedIn.cookies = [`__Host-account=${underWay}`];
    expect((await asSignedIn.open()).status).toBe(303);
    const asUnderWay = account.browser();
    const id = state.replace("account.", "");
    asUnderWay.cookies = [`__Host-account-sign-in-${id}=${signedIn}`];
    expect((await asUnderWay.comeBack({ state, code: "code" })).status).toBe(400);
    const asClients = account.browser();
    asClients.cookies = [`__Host-sign-in-${id}=${underWay}`];
    expect((await asClients.comeBack({ state: id, code: "code" })).status).toBe(400);
  });

  it("are forged by nobody: a role or a person that is written in opens nothing", async () => {
    const forged = { ...account.operator, isOperator: true, formToken: "x", expiresAt: 9e9 };
    for (const value of [
      Buffer.from(JSON.stringify(forged)).toString("base64url"),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}....`,
    ]) {
      const browser = account.browser();
      browser.cookies = [`__Host-account=${value}`];
      expect((await browser.open()).status).toBe(303);
    }
  });

  it("SES-1 are each sealed for themselves, so that no two of them share a key", async () => {
    const [one, other] = await Promise.all(
      [account.mira, account.operator].map(async (person) => {
        const browser = account.browser();
        await browser.signIn(person);
        return valueIn(browser.cookies, /^__Host-account=([^;]+)/);
      }),
    );
    const [id = "", ...sealed] = (one ?? "").split(".");
    const [otherId = "", ...otherSealed] = (other ?? "").split(".");
    expect(id).not.toBe(otherId);
    for (const [value, status] of [
      [[id, ...sealed], 200],
      [[otherId, ...sealed], 303],
      [[id, ...otherSealed], 303],
      [sealed, 303],
    ] as const) {
      const browser = account.browser();
      browser.cookies = [`__Host-account=${value.join(".")}`];
      expect((await browser.open()).status).toBe(status);
    }
  });

  it("hold a name of any length", async () => {
    const browser = account.browser();
    await browser.signIn({ ...account.mira, name: "𝕏".repeat(5000) });
    expect(Math.max(...browser.cookies.map((each) => each.length))).toBeLessThan(4096);
    expect((await browser.open()).status).toBe(200);
  });
});
