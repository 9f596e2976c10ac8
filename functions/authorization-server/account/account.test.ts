import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KeyError } from "../keys/key-ring.ts";
import { type AccountApp, outage, startAccount } from "../testing/account.ts";
import { BOTH_SERVERS, GRANT } from "../testing/sessions.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("the account page", () => {
  it("shows by one query what a person allowed whom, where, and since when", async () => {
    await account.connect(account.mira, {
      redirectUri: "https://claude.ai/api/mcp/auth_callback",
      ...BOTH_SERVERS,
    });
    const browser = account.browser();
    await browser.signIn(account.mira);
    account.sessions.store.operations();
    const { status, text, headers } = await browser.open();
    expect(account.sessions.store.operations()).toEqual({ "sessions query": 1 });
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("cache-control")).toBe("no-store");
    for (const shown of [
      '<h2 id="client-1" class="name"><bdi>Client</bdi></h2>',
      "Reached at claude.ai",
      "<dd>Microsoft Graph<small>https://gw.example/mcp</small></dd>",
      "<dd>Notes<small>https://gw.example/notes/mcp</small></dd>",
      "<li>Microsoft Graph: use the tools</li>",
      "<li>Notes: read your notes</li>",
      "<li>stay connected in the background</li>",
      '<time datetime="2027-01-15T',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).not.toContain("change your notes");
    expect(text).not.toContain("auth_callback");
  });

  it("tells who has nothing connected what to do", async () => {
    const { status, text } = await account.browser().account(account.mira);
    expect(status).toBe(200);
    expect(text).toContain("No application is connected.");
    expect(text).not.toContain("/account/revoke");
  });

  it("shows one client once, with all its connections, and those with a document by their host", async () => {
    const id = "https://client.example/mcp/client.json";
    const client = { ...GRANT.client, id, name: "Published" };
    const first = await account.connect(account.mira, { client, redirectUri: "http://127.0.0.1:1/cb" });
    account.sessions.clock.advance(3600);
    const second = await account.connect(account.mira, { client, redirectUri: "http://127.0.0.1:2/cb" });
    await account.connect(account.mira, { client: { ...GRANT.client, id: "thief", name: "Other" } });
    const { text } = await account.browser().account(account.mira);
    expect([...text.matchAll(/<section class="client"/g)]).toHaveLength(2);
    expect(text).toContain("Published by client.example");
    expect(text).toContain("2 connections");
    for (const session of [first, second]) expect(text).toContain(`name="session" value="${session}"`);
  });

  it("CON-6 shows a client's name as text, whatever is in it", async () => {
    const name = `<img src=x onerror=alert(1)>"'&\u202e`;
    await account.connect(account.mira, { client: { ...GRANT.client, name }, redirectUri: "evil:<script>" });
    const { text } = await account.browser().account({ ...account.mira, name: "<b>Mira" });
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(text).toContain("&lt;b&gt;Mira");
    expect(text).not.toMatch(/<(?:img|script|b)\b/);
    expect(text).not.toMatch(/href="(?!\/account|data:image)/);
  });

  it("names a server that is no longer configured", async () => {
    await account.connect(account.mira, BOTH_SERVERS);
    const [graph] = account.dependencies.gateway.servers;
    if (graph)
      account.dependencies = {
        ...account.dependencies,
        gateway: { ...account.dependencies.gateway, servers: [graph] },
      };
    expect((await account.browser().account(account.mira)).text).toContain(
      "<dd>notes<small>no longer offered here</small>",
    );
  });

  it("speaks the browser's language, dates and all, and the operator's words in it", async () => {
    const scopes = [
      { name: "mcp.tools", description: { en: "use the tools", de: "die Werkzeuge verwenden" } },
    ];
    const [graph] = account.dependencies.gateway.servers;
    if (!graph) throw new Error("no server");
    const servers = [
      {
        ...graph,
        title: { en: "Mail", de: "Post" },
        scopes: scopes.map((each) => ({ ...each, required: true })),
      },
    ];
    account.dependencies = { ...account.dependencies, gateway: { ...account.dependencies.gateway, servers } };
    await account.connect(account.mira);
    const browser = account.browser();
    await browser.signIn(account.mira);
    const { text } = await browser.send("account", "", { headers: { "accept-language": "de-AT" } });
    for (const shown of [
      '<html lang="de"',
      "Ihre verbundenen Anwendungen",
      "<dd>Post<small>",
      "<li>die Werkzeuge verwenden</li>",
      ". Januar 2027 um ",
      " UTC</time>",
      "nach 5 Minuten",
    ]) {
      expect(text).toContain(shown);
    }
    const refused = await browser.send("account", "?user=x", { headers: { "accept-language": "de" } });
    expect(refused.text).toContain("Nur Betreiber dieses Gateways");
    const out = await browser.send("account-signed-out", "", { headers: { "accept-language": "de" } });
    expect(out.text).toContain("Sie sind abgemeldet");
  });

  it.each([
    ["en", "New requests", "is still sending continues until the server ends it", "ends at once"],
    ["de", "Neue Anfragen", "noch sendet, läuft weiter, bis der Server sie beendet", "Zugriff endet sofort"],
  ])(
    "GW-14 promises no end of what a server is still sending (%s)",
    async (language, refused, open, promised) => {
      await account.connect(account.mira);
      await account.connect(account.mira, { client: { ...GRANT.client, id: "thief", name: "Other" } });
      const browser = account.browser();
      await browser.signIn(account.mira);
      const { text } = await browser.send("account", "", { headers: { "accept-language": language } });
      // Of each client and of all, and a permission of each client.
      expect(text.split(refused)).toHaveLength(6);
      expect(text).toContain(open);
      expect(text).not.toContain(promised);
    },
  );

  it("says so when there are more than it shows", async () => {
    await account.connect(account.mira);
    const { documents } = account.dependencies.sessions;
    const listLive = async (user: string, now: number) => documents.listLive(user, now, 0);
    const create = documents.create.bind(documents);
    const more = {
      create,
      read: documents.read.bind(documents),
      replace: documents.replace.bind(documents),
      listLive,
    };
    account.dependencies = {
      ...account.dependencies,
      sessions: { ...account.dependencies.sessions, documents: more },
    };
    expect((await account.browser().account(account.mira)).text).toContain(
      "There are more than are shown here",
    );
  });

  it("SES-4 answers 503 with a page and Retry-After while the store or the keys are out", async () => {
    const browser = account.browser();
    await browser.signIn(account.mira);
    const working = account.dependencies;
    const { documents } = working.sessions;
    const broken = {
      create: outage,
      read: documents.read.bind(documents),
      replace: outage,
      listLive: outage,
    };
    const withoutKeys = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    for (const out of [
      { ...working, sessions: { ...working.sessions, documents: broken } },
      { ...working, keys: { ...working.keys, dataKey: withoutKeys, dataKeyById: withoutKeys } },
    ]) {
      account.dependencies = out;
      const { status, headers, text } = await browser.open();
      expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      expect(text).toContain("not available right now");
    }
  });

  it("does not log a look at one's own clients as another's", async () => {
    const browser = account.browser();
    await browser.account(account.mira, `?user=${account.mira.objectId}`);
    expect(browser.lines.some(({ event }) => event === "account_viewed")).toBe(false);
  });

  it("shows oneself by one's own tenant and object ID", async () => {
    const tenantId = "5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c";
    account.dependencies = { ...account.dependencies, tenants: [tenantId] };
    const browser = account.browser();
    const { text } = await browser.account(
      { ...account.operator, tenantId },
      `?user=${tenantId}/${account.operator.objectId}`,
    );
    expect(text).toContain("Your connected applications");
    expect(browser.lines.some(({ event }) => event === "account_viewed")).toBe(false);
  });
});
