import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KeyError } from "../keys/key-ring.ts";
import {
  type AccountApp,
  type AccountBrowser,
  formTokenOf,
  startAccount,
  stateOf,
} from "../testing/account.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { TenantRefusedError } from "../upstream/errors.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("a refusal on the account page", () => {
  /** What the log says of the last one. */
  const refusal = ({ lines }: AccountBrowser) =>
    lines.findLast(({ event }) => event === "refused")?.fields as Record<string, unknown> | undefined;
  const NOTHING_CHANGED = "Nothing was changed.";

  it("CAL-1 says of a sign-in that it is not this browser's, or too old", async () => {
    const [one, other] = [account.browser(), account.browser()];
    const query = { state: stateOf((await one.open()).location), code: "code" };
    const { text } = await other.comeBack(query);
    expect(text).toContain("not started in this browser, took too long");
    expect(refusal(other)).toMatchObject({
      endpoint: "callback",
      error: "invalid_request",
      reason: "no_account_sign_in_in_this_browser",
    });
    account.sessions.clock.advance(600);
    const late = await one.comeBack(query);
    expect(late.text).toContain("not started in this browser, took too long");
    expect(refusal(one)).toMatchObject({ error: "access_denied", reason: "flow_expired" });
  });

  it("CON-3 says of a form that nobody is signed in, that it is another sign-in's, or another site's", async () => {
    await account.connect(account.mira);
    const browser = account.browser();
    const { text } = await browser.account(account.mira);
    const body = () => new URLSearchParams({ form_token: formTokenOf(text), all: "yes" });
    const stranger = account.browser();
    const nobody = await stranger.send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    expect(nobody.text).toContain(NOTHING_CHANGED);
    expect(refusal(stranger)).toMatchObject({
      endpoint: "account-revoke",
      error: "invalid_request",
      reason: "not_signed_in",
    });
    expect((await browser.revoke({ all: "yes", form_token: "x" })).text).toContain(NOTHING_CHANGED);
    expect(refusal(browser)).toMatchObject({ reason: "form_of_another_sign_in" });
    for (const name of ["account-revoke", "account-sign-out"] as const) {
      const foreign = await browser.send(name, "", { body: body() });
      expect(foreign.text).toContain(NOTHING_CHANGED);
      expect(refusal(browser)).toMatchObject({ endpoint: name, reason: "cross_site_form" });
    }
    await browser.revoke({});
    expect(refusal(browser)).toMatchObject({
      endpoint: "account-revoke",
      error: "invalid_request",
      reason: "The form came without a choice.",
    });
  });

  it("says who may not see whom", async () => {
    const browser = account.browser();
    await browser.account(account.tess, `?user=${account.mira.objectId}`);
    expect(refusal(browser)).toMatchObject({
      endpoint: "account",
      error: "access_denied",
      reason: "operator_role_missing",
    });
    const other = account.browser();
    await other.account(account.operator, "?user=mira");
    expect(refusal(other)).toMatchObject({ error: "invalid_request", reason: "no_object_id" });
    const elsewhere = "5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c";
    await other.open(`?user=${elsewhere}/${account.mira.objectId}`);
    expect(refusal(other)).toMatchObject({ reason: "operator_of_another_tenant" });
  });

  it("CAL-2 says of a stranger's tenant which it was", async () => {
    const browser = account.browser();
    account.pageSignIn.finish = () => Promise.reject(new TenantRefusedError("foreign"));
    const query = { state: stateOf((await browser.open()).location), code: "code" };
    expect((await browser.comeBack(query)).status).toBe(403);
    expect(refusal(browser)).toMatchObject({
      error: "access_denied",
      reason: "tenant_not_allowed",
      tenant: "foreign",
    });
  });

  it("SES-4 is an outage, and no new sign-in, when the key of what the browser holds cannot be had", async () => {
    const browser = account.browser();
    const { location } = await browser.open();
    const working = account.dependencies;
    const dataKeyById = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    account.dependencies = { ...working, keys: { ...working.keys, dataKeyById } };
    expect((await browser.comeBack({ state: stateOf(location), code: "code" })).status).toBe(503);
    account.dependencies = working;
    await browser.signIn(account.mira);
    account.dependencies = { ...working, keys: { ...working.keys, dataKeyById } };
    expect((await browser.open()).status).toBe(503);
  });
});
