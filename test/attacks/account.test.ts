import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoTenant, demoTenant } from "../../twin/entra/demo-tenant.ts";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { formOf, type Page } from "../support/page.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** The attacker: signed in like everybody, and no operator. */
const TESS = "Tess Marlow";
const EVIL_SITE = "https://evil.example";

const twin = useOwnTwin({}, { tenant: everybodyWithTheServersRole });
let accountUrl: string;
let client: OAuthClient;
/** The victim's. */
let tokens: Tokens;
let session: string;
let mira: Person;

beforeAll(async () => {
  accountUrl = `${twin.origin}/account`;
  client = await OAuthClient.register(twin.origin);
});

beforeEach(async () => {
  mira = new Person(twin);
  tokens = await client.signIn(mira, MIRA);
  const payload = Buffer.from(tokens.accessToken.split(".")[1] ?? "", "base64url").toString();
  session = (JSON.parse(payload) as { sid: string }).sid;
});

/** The demo tenant, where the attacker may use the server, too. */
function everybodyWithTheServersRole(origin: string): DemoTenant {
  const demo = demoTenant(origin);
  const role = { [demo.graphMcp.clientId]: ["Mcp.User"] };
  const users = demo.users.map((user) => ({ ...user, appRoles: { ...user.appRoles, ...role } }));
  return { ...demo, users };
}

/** Signs in where the person is not signed in at Entra from before. */
async function openAccount(person: Person, user: string): Promise<Page> {
  const page = arrivedAtPage(await person.open(accountUrl));
  return page.url.origin === twin.entra.url ? arrivedAtPage(await person.press(page, user)) : page;
}

const oidOf = (name: string) => twin.tenant.users.find(({ displayName }) => displayName === name)?.oid ?? "";
const accountCookieOf = (person: Person) => person.cookies.at("localhost").get("__Host-account") ?? "";
const formTokenOf = ({ html }: Page) => /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? "";

/** Posts as a program does that writes its own headers. */
function post(
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
) {
  return send(`${twin.origin}${path}`, { method: "POST", body: new URLSearchParams(form), headers });
}

/** The victim's session goes on. */
async function expectUnharmed(): Promise<void> {
  expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
  expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
}

describe("a form that another site sends in a victim's browser", () => {
  it.each(["/account/revoke", "/account/sign-out"])("CON-3 changes nothing at %s", async (path) => {
    const page = await openAccount(mira, MIRA);
    const evil = { ...page, url: new URL(EVIL_SITE), headers: new Headers() };
    const form = { ...formOf(page), action: new URL(path, twin.origin) };
    const arrived = arrivedAtPage(await mira.send(evil, form, { all: "yes", form_token: formTokenOf(page) }));
    expect(arrived.status).toBe(403);
    expect((await mira.openPage(accountUrl)).url.href).toBe(accountUrl);
    await expectUnharmed();
  });

  it("CON-3 changes nothing where the browser does not say where it comes from", async () => {
    const page = await openAccount(mira, MIRA);
    const form = { all: "yes", form_token: formTokenOf(page) };
    const cookie = `__Host-account=${accountCookieOf(mira)}`;
    for (const headers of [{}, { origin: twin.origin }, { "sec-fetch-site": "same-origin" }]) {
      expect((await post("/account/revoke", form, { cookie, ...headers })).status).toBe(403);
    }
    await expectUnharmed();
  });
});

describe("another person, signed in", () => {
  it("cannot end a session by its ID, its client, or its owner's object ID", async () => {
    const tess = new Person(twin);
    await client.signIn(tess, TESS);
    const page = await openAccount(tess, TESS);
    expect(page.html).not.toContain(session);
    const form = { ...formOf(page), action: new URL("/account/revoke", twin.origin) };
    const form_token = formTokenOf(page);
    const attempt = async (choice: Readonly<Record<string, string>>) =>
      arrivedAtPage(await tess.send(page, form, { form_token, ...choice }));
    expect((await attempt({ session })).html).toContain("There was nothing left to disconnect");
    for (const choice of [{ session }, { client: client.id }, { all: "yes" }]) {
      expect((await attempt({ ...choice, user: oidOf(MIRA) })).status).toBe(403);
    }
    // These end the attacker's own.
    for (const choice of [{ client: client.id }, { all: "yes" }])
      expect((await attempt(choice)).status).toBe(200);
    await expectUnharmed();
  });

  it("has no use for the token of another's form", async () => {
    const tess = new Person(twin);
    const page = await openAccount(tess, TESS);
    const form_token = formTokenOf(await openAccount(mira, MIRA));
    const form = { ...formOf(page), action: new URL("/account/revoke", twin.origin) };
    expect(arrivedAtPage(await tess.send(page, form, { form_token, all: "yes" })).status).toBe(403);
    await expectUnharmed();
  });

  it("does not see another's page, and no cookie that can be made makes one an operator", async () => {
    const tess = new Person(twin);
    await openAccount(tess, TESS);
    const url = `${accountUrl}?user=${oidOf(MIRA)}`;
    const refused = await tess.openPage(url);
    expect([refused.status, refused.html.includes("Gateway.Operator")]).toEqual([403, true]);
    expect(refused.html).not.toContain("Test client");

    const [header = "", ...rest] = accountCookieOf(tess).split(".");
    const claims = {
      isOperator: true,
      tenantId: twin.tenant.tenantId,
      objectId: oidOf(TESS),
      expiresAt: 9e9,
    };
    for (const forged of [
      [header, ...rest.map((part, index) => (index === 2 ? `${part.slice(0, -4)}AAAA` : part))].join("."),
      Buffer.from(JSON.stringify(claims)).toString("base64url"),
      `${Buffer.from('{"alg":"none","typ":"account","sub":"account"}').toString("base64url")}..${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`,
    ]) {
      tess.cookies.set("localhost", "__Host-account", forged);
      const before = tess.requested.length;
      expect(arrivedAtPage(await tess.open(url)).status).toBe(403);
      const asked = tess.requested.slice(before).map(({ origin }) => origin);
      expect(asked).toContain(twin.entra.url);
    }
  });
});

describe("a sign-in to the account page carried to another browser", () => {
  it("CAL-1 ends there, and signs nobody in as somebody else", async () => {
    const attacker = new Person(twin);
    const entra = arrivedAtPage(await attacker.open(accountUrl));
    const victim = new Person(twin);
    const page = arrivedAtPage(await victim.press(await victim.openPage(entra.url.href), MIRA));
    expect(page.status).toBe(400);
    for (const person of [attacker, victim]) expect(accountCookieOf(person)).toBe("");
  });

  it("CAL-1 does not pass for a client's sign-in, nor a client's for it", async () => {
    const person = new Person(twin);
    const comeBack = async (state: string) =>
      arrivedAtPage(await person.postFrom(twin.entra.url, `${twin.origin}/callback`, { code: "1.x", state }));
    const entra = arrivedAtPage(await person.open(accountUrl));
    const state = entra.url.searchParams.get("state") ?? "";
    const id = state.replace("account.", "");
    const cookie = person.cookies.at("localhost").get(`__Host-account-sign-in-${id}`) ?? "";
    person.cookies.set("localhost", `__Host-sign-in-${id}`, cookie);
    expect((await comeBack(id)).status).toBe(400);

    const clients = await person.askEntra(client.authorizationRequest().url);
    const flow = clients.url.searchParams.get("state") ?? "";
    const own = person.cookies.at("localhost").get(`__Host-sign-in-${flow}`) ?? "";
    person.cookies.set("localhost", `__Host-account-sign-in-${flow}`, own);
    expect((await comeBack(`account.${flow}`)).status).toBe(400);
    expect(accountCookieOf(person)).toBe("");
  });

  it("CON-1 opens no client's way: the account's cookie allows nothing", async () => {
    await openAccount(mira, MIRA);
    const consent = await mira.openPage(client.authorizationRequest().url);
    expect(consent.url.origin).toBe(twin.origin);
    expect(consent.title).toContain("Allow");
  });
});

describe("the gateway's mark of ended sessions", () => {
  it("is nothing that a client can set or see", async () => {
    const before = await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami");
    expect(before.status).toBe(200);
    twin.cosmos.resetOperations();
    const sub = JSON.parse(Buffer.from(tokens.accessToken.split(".")[1] ?? "", "base64url").toString()).sub;
    const headers = { "x-gateway-ended-sessions-of": sub };
    await send(`${twin.origin}/account/revoke`, { method: "POST", headers });
    await send(twin.mcpUrl, {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${tokens.accessToken}` },
    });
    expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
    expect(twin.cosmos.operations()).toEqual({});
  });
});
