import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { formOf, linksOf, type Page, plainText } from "../support/page.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** Has the role Gateway.Operator. */
const JONAS = "Jonas Lindqvist";

const twin = useOwnTwin();
let accountUrl: string;
let client: OAuthClient;
let other: OAuthClient;
/** Nothing else on a page is called so. */
let names: { readonly client: string; readonly other: string };

beforeAll(async () => {
  accountUrl = `${twin.origin}/account`;
});

beforeEach(async () => {
  names = { client: `First ${crypto.randomUUID()}`, other: `Second ${crypto.randomUUID()}` };
  client = await OAuthClient.register(twin.origin, { client_name: names.client });
  other = await OAuthClient.register(twin.origin, { client_name: names.other });
});

/** Opens the account page and signs in, where the person is not signed in at Entra from before. */
async function openAccount(person: Person, user: string, url = accountUrl): Promise<Page> {
  const page = arrivedAtPage(await person.open(url));
  const isAtEntra = page.url.origin === twin.entra.url;
  expect(isAtEntra || plainText(page.html).includes(`Signed in as ${user}`)).toBe(true);
  return isAtEntra ? arrivedAtPage(await person.press(page, user)) : page;
}

/** Sends the form that ends all of one client's sessions, or whatever is chosen instead. */
async function disconnect(person: Person, page: Page, choice: Readonly<Record<string, string>>) {
  const { form_token = "" } = formFor(page).fields;
  const user = page.url.searchParams.get("user");
  const form = { ...formFor(page), action: new URL("/account/revoke", twin.origin) };
  const fields = { form_token, ...(user === null ? {} : { user }), ...choice };
  return arrivedAtPage(await person.send(page, form, fields));
}

/** The first of the page's forms that ends anything. */
function formFor(page: Page) {
  const from = page.html.indexOf('<form method="post" action="/account/revoke"');
  return formOf({ ...page, html: page.html.slice(Math.max(0, from)) });
}

const call = async (from: OAuthClient, { accessToken }: Tokens) =>
  (await from.callTool(twin.mcpUrl, accessToken, "whoami")).status;
const refresh = async (from: OAuthClient, { refreshToken }: Tokens) => {
  const { status, json } = await from.refresh(refreshToken);
  return status === 200 ? 200 : json["error"];
};
const oidOf = (name: string) => twin.tenant.users.find(({ displayName }) => displayName === name)?.oid ?? "";

describe("a person", () => {
  it("TOK-7 sees what they allowed and disconnects one client: its calls and refreshes end at once, no other's", async () => {
    const mira = new Person(twin);
    const ended = [await client.signIn(mira, MIRA), await client.signIn(mira, MIRA)];
    const kept = await other.signIn(mira, MIRA);
    for (const tokens of ended) expect(await call(client, tokens)).toBe(200);
    expect(await call(other, kept)).toBe(200);

    const page = await openAccount(mira, MIRA);
    expect([page.status, page.url.href]).toEqual([200, accountUrl]);
    expect(plainText(page.html)).toContain(`Signed in as ${MIRA}`);
    for (const name of Object.values(names)) expect(page.html).toContain(name);

    const after = await disconnect(mira, page, { client: client.id });
    expect([after.status, after.url.href]).toEqual([200, accountUrl]);
    expect(plainText(after.html)).toContain("is disconnected.");
    expect([...after.headers.keys()].filter((name) => name.startsWith("x-gateway"))).toEqual([]);

    for (const tokens of ended) {
      expect([await call(client, tokens), await refresh(client, tokens)]).toEqual([401, "invalid_grant"]);
    }
    expect([await call(other, kept), await refresh(other, kept)]).toEqual([200, 200]);
    // A new sign-in with the client is not affected by the end of the old ones.
    expect(await call(client, await client.signIn(mira, MIRA))).toBe(200);
  });

  it("TOK-7 disconnects one connection of several, and then all", async () => {
    const mira = new Person(twin);
    const [one, two] = [await client.signIn(mira, MIRA), await client.signIn(mira, MIRA)];
    const three = await other.signIn(mira, MIRA);
    for (const tokens of [one, two]) expect(await call(client, tokens)).toBe(200);
    const sid = JSON.parse(Buffer.from(one.accessToken.split(".")[1] ?? "", "base64url").toString()).sid;
    let page = await disconnect(mira, await openAccount(mira, MIRA), { session: sid });
    expect([await call(client, one), await call(client, two)]).toEqual([401, 200]);
    page = await disconnect(mira, page, { all: "yes" });
    expect(plainText(page.html)).toContain("No application is connected.");
    expect([await call(client, two), await call(other, three)]).toEqual([401, 401]);
  });

  it("asks the authorization server about a person's other sessions once after one has ended, and no more", async () => {
    const mira = new Person(twin);
    const [ended, kept] = [await client.signIn(mira, MIRA), await other.signIn(mira, MIRA)];
    const page = await openAccount(mira, MIRA);
    await call(other, kept);
    await disconnect(mira, page, { client: client.id });
    twin.cosmos.resetOperations();
    expect([await call(other, kept), await call(other, kept)]).toEqual([200, 200]);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
    expect(await call(client, ended)).toBe(401);
  });

  it("is shown the page and ends a client within a bounded number of operations", async () => {
    const mira = new Person(twin);
    await client.signIn(mira, MIRA);
    await disconnect(mira, await openAccount(mira, MIRA), { all: "yes" });
    await client.signIn(mira, MIRA);
    twin.cosmos.resetOperations();
    const page = arrivedAtPage(await mira.open(accountUrl));
    // Before a query, the client library asks for the container's partitions, which is free.
    expect(twin.cosmos.operations()).toEqual({ metadata: 1, "sessions query": 1 });
    twin.cosmos.resetOperations();
    await disconnect(mira, page, { client: client.id });
    // The query that finds them, the one session, and the page afterwards.
    expect(twin.cosmos.operations()).toEqual({
      metadata: 2,
      "sessions query": 2,
      "sessions read": 1,
      "sessions replace": 1,
    });
  });

  it("SES-3 does not see another's, nor what ended otherwise", async () => {
    const mira = new Person(twin);
    await client.signIn(new Person(twin), JONAS);
    const revoked = await other.signIn(mira, MIRA);
    await other.revoke(revoked.refreshToken);
    const page = await openAccount(mira, MIRA);
    for (const name of Object.values(names)) expect(page.html).not.toContain(name);
  });

  it("signs out, is told so, and may sign in with another account", async () => {
    const mira = new Person(twin);
    const page = await openAccount(mira, MIRA);
    const out = arrivedAtPage(await mira.press(page, "Sign out"));
    expect([out.status, out.title]).toEqual([200, "You are signed out – MCP gateway"]);
    const [back = ""] = linksOf(out);
    expect(back).toBe(`${accountUrl}?prompt=select_account`);
    const entra = arrivedAtPage(await mira.open(back));
    expect([entra.url.origin, entra.url.searchParams.get("prompt")]).toEqual([
      twin.entra.url,
      "select_account",
    ]);
    const other = arrivedAtPage(await mira.press(entra, JONAS));
    expect([other.url.href, plainText(other.html).includes(`Signed in as ${JONAS}`)]).toEqual([
      accountUrl,
      true,
    ]);
  });

  it("CAL-3 is told so, and led back, when they cancel at Entra", async () => {
    const mira = new Person(twin);
    const entra = arrivedAtPage(await mira.open(accountUrl));
    const page = arrivedAtPage(await mira.press(entra, "Cancel"));
    expect([page.status, linksOf(page)]).toEqual([400, [`${accountUrl}?prompt=select_account`]]);
    expect(plainText(page.html)).toContain("Microsoft Entra ID did not sign you in.");
  });

  it("GW-9 signs in once more where Entra's policy wants more of them, and is there", async () => {
    const mira = new Person(twin);
    twin.entra.requireMultifactor(oidOf(MIRA), "claims");
    const challenged = await openAccount(mira, MIRA);
    expect(challenged.url.origin).toBe(twin.entra.url);
    expect(challenged.url.searchParams.get("claims")).toContain("capolids");
    const page = arrivedAtPage(await mira.press(challenged, MIRA));
    expect([page.status, page.url.href]).toEqual([200, accountUrl]);
  });

  it("TOK-1 SES-1 leaves no token of Entra's behind by signing in: nothing is stored", async () => {
    const before = await twin.cosmos.documents();
    await openAccount(new Person(twin), MIRA);
    expect(await twin.cosmos.documents()).toEqual(before);
  });
});

describe("an operator", () => {
  it("TOK-7 sees another's by object ID and disconnects them; the log says who did", async () => {
    const tokens = await client.signIn(new Person(twin), MIRA);
    expect(await call(client, tokens)).toBe(200);
    const jonas = new Person(twin);
    const url = `${accountUrl}?${new URLSearchParams({ user: oidOf(MIRA) })}`;
    const page = await openAccount(jonas, JONAS, url);
    expect([page.status, page.url.href]).toEqual([200, url]);
    expect(page.html).toContain(names.client);
    const after = await disconnect(jonas, page, { client: client.id });
    expect(after.url.href).toBe(url);
    expect([await call(client, tokens), await refresh(client, tokens)]).toEqual([401, "invalid_grant"]);
    const revoked = (await twin.allLogs())
      .map(({ message }) => message)
      .findLast((message) => message.includes('"operator_request"'));
    expect(JSON.parse(revoked?.slice(revoked.indexOf("{")) ?? "{}")).toMatchObject({
      event: "revoked",
      user: oidOf(MIRA),
      by: oidOf(JONAS),
    });
  });

  it("finds a person with the form on the page", async () => {
    const jonas = new Person(twin);
    const page = await openAccount(jonas, JONAS);
    expect(page.html).toContain('<input id="user" name="user"');
    const found = await jonas.openPage(`${accountUrl}?user=${oidOf(MIRA).toUpperCase()}`);
    expect(found.title).toBe("Another person’s connected applications – MCP gateway");
  });
});
