import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountApp, formTokenOf, startAccount, userOf } from "../testing/account.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { ISSUER } from "../testing/gateway.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("an operator", () => {
  it("sees and ends another's by object ID, however it is written, and the log says who did", async () => {
    const session = await account.connect(account.mira);
    const browser = account.browser();
    const query = `?user=%20${account.mira.objectId.toUpperCase()}%20`;
    const back = await browser.signIn(account.operator, query);
    expect(back.location).toBe(`${ISSUER}/account?user=+${account.mira.objectId.toUpperCase()}+`);
    const { text } = await browser.open(query);
    expect(text).toContain("<bdi>Client</bdi>");
    expect(browser.lines).toContainEqual({
      level: "info",
      event: "account_viewed",
      fields: {
        audit: true,
        user: account.mira.objectId,
        tenant: "tenant",
        by: account.operator.objectId,
        from: "link",
      },
    });
    const form = new URLSearchParams({
      form_token: formTokenOf(text),
      user: account.mira.objectId,
      client: "client",
    });
    const ended = await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
    expect(ended.location).toBe(`${ISSUER}/account?user=${account.mira.objectId}`);
    expect(ended.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(account.mira));
    expect((await account.sessions.stored(session)).revoked?.because).toBe("operator_request");
    expect(browser.lines.at(-1)).toMatchObject({
      event: "revoked",
      fields: { because: "operator_request", user: account.mira.objectId, by: account.operator.objectId },
    });
  });

  it("is logged apart when a link brought them there, which anybody may have made", async () => {
    const browser = account.browser();
    await browser.signIn(account.operator);
    for (const site of ["same-origin", "same-site", "cross-site", "none"]) {
      await browser.open(`?user=${account.mira.objectId}`, { "sec-fetch-site": site });
    }
    const views = browser.lines.filter(({ event }) => event === "account_viewed");
    expect(views.map(({ fields }) => fields?.["from"])).toEqual(["page", "link", "link", "link"]);
  });

  it("learns that an unknown object ID has nothing, and what an object ID looks like", async () => {
    const browser = account.browser();
    const unknown = await browser.account(account.operator, "?user=99999999-9999-4999-8999-999999999999");
    expect([unknown.status, unknown.text.includes("for this object ID")]).toEqual([200, true]);
    const wrong = await browser.open("?user=mira@contoso.example<b>");
    expect([wrong.status, wrong.text.includes("is no object ID")]).toEqual([400, true]);
    expect(wrong.text).not.toContain("<b>");
  });

  it("sees nobody of another tenant by object ID alone", async () => {
    await account.connect({ ...account.mira, tenantId: "another" });
    const { text } = await account.browser().account(account.operator, `?user=${account.mira.objectId}`);
    expect(text).not.toContain("<bdi>Client</bdi>");
  });

  describe("where people of several tenants sign in", () => {
    const GUEST = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
    beforeEach(() => {
      account.dependencies = { ...account.dependencies, tenants: ["tenant", GUEST] };
    });

    it("sees and ends those of another by its ID and theirs, as one of the home tenant", async () => {
      const guest = { ...account.mira, tenantId: GUEST };
      const session = await account.connect(guest);
      const browser = account.browser();
      const user = `${GUEST}/${account.mira.objectId}`;
      const { text } = await browser.account(account.operator, `?user=${user}`);
      expect(text).toContain("<bdi>Client</bdi>");
      const form = new URLSearchParams({ form_token: formTokenOf(text), user, client: "client" });
      const ended = await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
      expect(new URL(ended.location ?? "").searchParams.get("user")).toBe(user);
      expect(ended.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(guest));
      expect(await account.isRevoked(session)).toBe(true);
      expect(browser.lines).toContainEqual(
        expect.objectContaining({
          event: "account_viewed",
          fields: {
            audit: true,
            user: account.mira.objectId,
            tenant: GUEST,
            by: account.operator.objectId,
            from: "link",
          },
        }),
      );
    });

    it("sees none but their own tenant's as one whom another tenant's administrator made an operator", async () => {
      await account.connect(account.mira);
      const foreigner = { ...account.operator, tenantId: GUEST };
      for (const user of [account.mira.objectId, `${GUEST}/${account.mira.objectId}`]) {
        const { status, text } = await account.browser().account(foreigner, `?user=${user}`);
        expect([status, text.includes("<bdi>Client</bdi>")]).toEqual([200, false]);
      }
      account.dependencies = {
        ...account.dependencies,
        tenants: ["5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c", GUEST],
      };
      const other = `5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c/${account.mira.objectId}`;
      expect((await account.browser().account(foreigner, `?user=${other}`)).status).toBe(403);
    });

    it("is refused a tenant that is not listed", async () => {
      const user = `5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c/${account.mira.objectId}`;
      expect((await account.browser().account(account.operator, `?user=${user}`)).status).toBe(403);
    });
  });

  it("needs the role: others get a page that says what to ask for, and see their own by their own ID", async () => {
    await account.connect(account.mira);
    const browser = account.browser();
    const roles = ["Mcp.User", "gateway.operator", "Gateway.Operators"];
    const refused = await browser.account({ ...account.tess, roles }, `?user=${account.mira.objectId}`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("Gateway.Operator");
    expect(refused.text).not.toContain("<bdi>Client</bdi>");
    expect(browser.lines.at(-1)?.fields).toMatchObject({
      reason: "operator_role_missing",
      user: account.tess.objectId,
      tenant: "tenant",
    });
    expect((await browser.open(`?user=${account.tess.objectId}`)).status).toBe(200);
    expect((await browser.open()).text).not.toContain('name="user"');
  });

  it("tells an operator what came of it, on that person's page", async () => {
    await account.connect(account.mira);
    const browser = account.browser();
    const { text } = await browser.account(account.operator, `?user=${account.mira.objectId}`);
    const form = new URLSearchParams({
      form_token: formTokenOf(text),
      user: account.mira.objectId,
      client: "client",
    });
    await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
    expect((await browser.open(`?user=${account.mira.objectId}`)).text).toContain("is disconnected.");
  });
});
