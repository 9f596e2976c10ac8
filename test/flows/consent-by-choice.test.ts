import { createHash, randomBytes } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { formOf, type Page, plainText } from "../support/page.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import { notesServer, type RecordingBackend, startRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** Has the role Gateway.Operator. */
const JONAS = "Jonas Lindqvist";
const REQUIRED = "notes.list notes.read";
const ALL = `${REQUIRED} notes.write`;
const secret = randomBytes(32).toString("base64url");

let backend: RecordingBackend;
const twin = useOwnTwin(async () => {
  backend = await startRecordingBackend();
  const secretHash = createHash("sha256").update(secret).digest("base64url");
  return {
    servers: [...shippedConfig.servers, notesServer(backend)],
    resourceServers: [{ id: "notes-backend", server: "notes", auth: { secretHash } }],
  };
});
let notesUrl: string;
let client: OAuthClient;
/** Nothing else on a page is called so. */
let name: string;
let mira: Person;

beforeAll(() => {
  notesUrl = `${twin.origin}/notes/mcp`;
  return () => backend.stop();
});
beforeEach(async () => {
  name = `Client ${crypto.randomUUID()}`;
  client = await OAuthClient.register(twin.origin, { client_name: name });
  mira = new Person(twin);
});

/** Signs in, with some boxes unticked. @returns the token endpoint's whole answer */
async function signIn(
  without: readonly string[] = [],
  scope = ALL,
): Promise<Readonly<Record<string, unknown>>> {
  const request = client.authorizationRequest({ resource: notesUrl, scope });
  const code = client.code(await mira.allow(request.url, MIRA, without));
  const { status, json } = await client.redeem(request, code);
  expect(status).toBe(200);
  return json;
}

const bothOf = (json: Readonly<Record<string, unknown>>): Tokens => ({
  accessToken: String(json["access_token"]),
  refreshToken: String(json["refresh_token"]),
});
const claimsIn = (accessToken: string) =>
  JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as {
    readonly scope: string;
    readonly sid: string;
  };

/** Calls the server. @returns the status, and the scopes that the gateway told the server */
async function call(accessToken: string) {
  backend.forget();
  const { status } = await client.callTool(notesUrl, accessToken, "anything");
  return { status, scopes: backend.requests.at(-1)?.headers["x-gateway-scopes"] };
}

async function introspected(token: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`notes-backend:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ token });
  const { json } = await send(`${twin.origin}/introspect`, {
    method: "POST",
    headers: { authorization },
    body,
  });
  return json["scope"];
}

async function openAccount(person = mira, user = MIRA, query = ""): Promise<Page> {
  const page = arrivedAtPage(await person.open(`${twin.origin}/account${query}`));
  return page.url.origin === twin.entra.url ? arrivedAtPage(await person.press(page, user)) : page;
}

/** What the account page says of the client. */
function shownOf({ html }: Page): string {
  const section = html.split('<section class="client"').find((each) => each.includes(name)) ?? "";
  return plainText(section);
}

/** Sends the form of the account page that withdraws a scope. */
async function withdraw(person: Person, page: Page, session: string, scope = "notes.write"): Promise<Page> {
  const at = page.html.search(
    new RegExp(
      `<form [^>]*>(?:(?!</form>)[^])*value="${session}"(?:(?!</form>)[^])*name="scope" value="${scope}"`,
    ),
  );
  const form = formOf({ ...page, html: page.html.slice(Math.max(at, 0)) });
  expect(form.fields).toMatchObject({ session, scope });
  return arrivedAtPage(await person.send(page, form, form.fields));
}

const refreshed = async ({ refreshToken }: Tokens, scope?: string) => {
  const { status, json } = await client.refresh(refreshToken, { resource: notesUrl, scope });
  return { status, json };
};

async function auditOf(event: string) {
  const lines = (await twin.allLogs()).map(({ message }) => message);
  return JSON.parse(
    lines.findLast((line) => line.includes(`"event":"${event}"`) && line.includes(client.id)) ?? "{}",
  );
}

describe("what a person leaves out on the consent page", () => {
  it("CON-8 GW-10 is in no token, in nothing that the server is told, and the client hears of it", async () => {
    const answer = await signIn(["notes.write"]);
    const tokens = bothOf(answer);
    expect(answer["scope"]).toBe(REQUIRED);
    expect(claimsIn(tokens.accessToken).scope).toBe(REQUIRED);
    expect(await call(tokens.accessToken)).toEqual({ status: 200, scopes: REQUIRED });
    expect(await introspected(tokens.accessToken)).toBe(REQUIRED);
    expect(await auditOf("consented")).toMatchObject({ scopes: REQUIRED, leftOut: "notes.write" });
    expect(await auditOf("issued")).toMatchObject({ scopes: REQUIRED });
    const shown = shownOf(await openAccount());
    expect([shown.includes("read your notes"), shown.includes("change your notes")]).toEqual([true, false]);
    // As some clients do, which repeat what they asked for.
    const { status, json } = await refreshed(tokens, ALL);
    expect([status, json["scope"]]).toEqual([200, REQUIRED]);
    expect(claimsIn(String(json["access_token"])).scope).toBe(REQUIRED);
  });

  it("CON-8 is asked again when the client asks again, and given then", async () => {
    await signIn(["notes.write"]);
    const page = plainText(
      (await mira.openPage(client.authorizationRequest({ resource: notesUrl, scope: ALL }).url)).html,
    );
    expect(page).toMatch(
      /You allowed this earlier in this browser .*read your notes.* This is new .*change your notes/,
    );
    const { accessToken } = bothOf(await signIn());
    expect(await call(accessToken)).toEqual({ status: 200, scopes: ALL });
  });

  it("CON-8 may be staying connected: no refresh token, and the session ends with its access token", async () => {
    const answer = await signIn(["offline_access"], `${ALL} offline_access`);
    expect([answer["refresh_token"], answer["scope"]]).toEqual([undefined, ALL]);
    expect(shownOf(await openAccount())).not.toContain("stay connected in the background");
    expect(claimsIn(String(answer["access_token"])).scope).toBe(ALL);
  });
});

describe("a step-up", () => {
  it("CON-8 loses nothing that was granted before: the earlier connection, its refreshes and its scopes", async () => {
    const before = bothOf(await signIn([], REQUIRED));
    const after = bothOf(await signIn());
    expect(await call(after.accessToken)).toEqual({ status: 200, scopes: ALL });
    expect(await call(before.accessToken)).toEqual({ status: 200, scopes: REQUIRED });
    expect((await refreshed(before)).json["scope"]).toBe(REQUIRED);
    expect((await refreshed(after)).json["scope"]).toBe(ALL);
  });

  it("CON-8 leaves the person what they had when they leave out what is new", async () => {
    await signIn([], REQUIRED);
    const after = bothOf(await signIn(["notes.write"]));
    expect(await call(after.accessToken)).toEqual({ status: 200, scopes: REQUIRED });
  });
});

describe("a scope that a person withdraws at /account", () => {
  it("CON-8 is gone at once from calls with the token that the client has, from refreshes, and from what the page shows", async () => {
    const tokens = bothOf(await signIn());
    const { sid } = claimsIn(tokens.accessToken);
    expect(await call(tokens.accessToken)).toEqual({ status: 200, scopes: ALL });
    const page = await openAccount();
    expect(shownOf(page)).toContain("change your notes");
    const after = await withdraw(mira, page, sid);
    expect(plainText(after.html)).toContain("You withdrew a permission from an application.");
    expect(shownOf(after)).not.toContain("change your notes");

    // From the answer of the authorization server, and then from the gateway's cache.
    for (let time = 0; time < 2; time++) {
      expect(await call(tokens.accessToken)).toEqual({ status: 200, scopes: REQUIRED });
    }
    expect(await introspected(tokens.accessToken)).toBe(REQUIRED);
    const { status, json } = await refreshed(tokens, ALL);
    expect([status, json["scope"]]).toEqual([200, REQUIRED]);
    expect(await call(String(json["access_token"]))).toEqual({ status: 200, scopes: REQUIRED });
    expect(await auditOf("scope_withdrawn")).toMatchObject({ scope: "notes.write", because: "user_request" });
  });

  it("CON-8 GW-13 has the server's refusal become a challenge, by which the client asks the person again", async () => {
    const { accessToken } = bothOf(await signIn());
    await withdraw(mira, await openAccount(), claimsIn(accessToken).sid);
    const challenge = 'Bearer error="insufficient_scope", scope="notes.write"';
    backend.answerNextWith({ status: 403, headers: { "www-authenticate": challenge }, body: "" });
    const refused = await client.callTool(notesUrl, accessToken, "anything");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      403,
      expect.stringContaining(`scope="${ALL}"`),
    ]);
    const asked = await mira.openPage(client.authorizationRequest({ resource: notesUrl, scope: ALL }).url);
    expect(formOf(asked).ticked.map(({ value }) => value)).toContain("notes.write");
    expect(plainText(asked.html)).not.toContain("You allowed this earlier");
    const again = bothOf(await signIn());
    expect(await call(again.accessToken)).toEqual({ status: 200, scopes: ALL });
  });

  it("CON-8 stays with the person's other connections", async () => {
    const [one, other] = [bothOf(await signIn()), bothOf(await signIn())];
    expect([await call(one.accessToken), await call(other.accessToken)]).toMatchObject([
      { scopes: ALL },
      { scopes: ALL },
    ]);
    await withdraw(mira, await openAccount(), claimsIn(one.accessToken).sid);
    expect([await call(one.accessToken), await call(other.accessToken)]).toEqual([
      { status: 200, scopes: REQUIRED },
      { status: 200, scopes: ALL },
    ]);
  });

  it("CON-8 costs one point read and one conditional write, and the calls afterwards one read each, once", async () => {
    const { accessToken } = bothOf(await signIn());
    await call(accessToken);
    const page = await openAccount();
    twin.cosmos.resetOperations();
    await withdraw(mira, page, claimsIn(accessToken).sid);
    // With the page afterwards.
    expect(twin.cosmos.operations()).toEqual({
      metadata: 1,
      "sessions query": 1,
      "sessions read": 1,
      "sessions replace": 1,
    });
    twin.cosmos.resetOperations();
    for (let time = 0; time < 3; time++) await call(accessToken);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
  });

  it("CON-8 can be withdrawn by an operator, and the log says who did", async () => {
    const { accessToken } = bothOf(await signIn());
    const oid = twin.tenant.users.find(({ displayName }) => displayName === MIRA)?.oid ?? "";
    const jonas = new Person(twin);
    const page = await openAccount(jonas, JONAS, `?user=${oid}`);
    await withdraw(jonas, page, claimsIn(accessToken).sid);
    expect(await call(accessToken)).toEqual({ status: 200, scopes: REQUIRED });
    const by = twin.tenant.users.find(({ displayName }) => displayName === JONAS)?.oid;
    expect(await auditOf("scope_withdrawn")).toMatchObject({ because: "operator_request", user: oid, by });
  });
});

it("CON-8 needs no operation of the store to choose", async () => {
  const page = await mira.openPage(client.authorizationRequest({ resource: notesUrl, scope: ALL }).url);
  twin.cosmos.resetOperations();
  const form = formOf(page);
  await mira.send(page, form, { ...form.fields, decision: "allow", scope: [] });
  expect(twin.cosmos.operations()).toEqual({});
});
