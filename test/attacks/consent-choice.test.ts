import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import exampleConfig from "../../examples/two-servers.config.ts";
import { type DemoTenant, demoTenant } from "../../twin/entra/demo-tenant.ts";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { formOf, type Page } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** The attacker: signed in like everybody, and no operator. */
const TESS = "Tess Marlow";
const EVIL_SITE = "https://evil.example";
const ALL = "mcp.tools mcp.diagnostics";

// A form, or whoever changes it, wants more than was requested or shown, or a scope back that was withdrawn.

const twin = useOwnTwin({ servers: exampleConfig.servers }, { tenant: everybodyWithTheServersRole });
let client: OAuthClient;
let mira: Person;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});
beforeEach(() => {
  mira = new Person(twin);
});

/** The demo tenant, where the attacker may use the server, too. */
function everybodyWithTheServersRole(origin: string): DemoTenant {
  const demo = demoTenant(origin);
  const role = { [demo.graphMcp.clientId]: ["Mcp.User"] };
  const users = demo.users.map((user) => ({ ...user, appRoles: { ...user.appRoles, ...role } }));
  return { ...demo, users };
}

const requestFor = (scope: string) => client.authorizationRequest({ resource: twin.mcpUrl, scope });

const scopeOf = (accessToken: string) =>
  (JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as { scope: string })
    .scope;
const sidOf = (accessToken: string) =>
  (JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as { sid: string }).sid;

describe("a consent form that was changed", () => {
  it.each<[string, readonly string[]]>([
    ["an optional scope that was not requested", ["mcp.diagnostics"]],
    ["another server's scope", ["notes.write"]],
    ["a required scope, which has no box", ["mcp.tools"]],
    ["a scope in another case", ["MCP.Diagnostics"]],
    ["a scope with a blank", ["mcp.diagnostics "]],
    ["two scopes in one value", ["offline_access mcp.diagnostics"]],
    ["two with a comma between", ["offline_access,mcp.diagnostics"]],
    ["all of them", ["*"]],
    ["a good one before another", ["offline_access", "mcp.diagnostics"]],
    ["a look-alike", ["offline_аccess"]],
    ["a member of every object", ["__proto__", "constructor"]],
    ["more than anybody reads", Array.from({ length: 2000 }, (_, index) => `scope-${index}`)],
  ])("CON-8 grants nothing by %s, and the page still decides", async (_, scope) => {
    const request = requestFor("mcp.tools");
    const page = await mira.openPage(request.url);
    const form = formOf(page);
    const before = { ...twin.entra.requests };
    const refused = arrivedAtPage(await mira.send(page, form, { ...form.fields, decision: "allow", scope }));
    expect([refused.status, refused.url.origin]).toEqual([400, twin.origin]);
    expect(twin.entra.requests).toEqual(before);
    const entra = arrivedAtPage(await mira.press(page, "Allow"));
    const code = client.code(arrivedAtClient(await mira.press(entra, MIRA)));
    const answer = await client.redeem(request, code);
    expect(answer.json["scope"]).toBe("mcp.tools");
    expect(scopeOf(tokensOf(answer).accessToken)).toBe("mcp.tools");
  });

  it.each(["scopes", "scope[]", "Scope", "leftOut", "granted_scopes", "requested_scope"])(
    "CON-8 reads no scope from a field called %s",
    async (field) => {
      const request = requestFor("mcp.tools");
      const page = await mira.openPage(request.url);
      const form = formOf(page);
      const fields = { ...form.fields, decision: "allow", [field]: "mcp.diagnostics" };
      const entra = arrivedAtPage(await mira.send(page, form, fields));
      const code = client.code(arrivedAtClient(await mira.press(entra, MIRA)));
      expect((await client.redeem(request, code)).json["scope"]).toBe("mcp.tools");
    },
  );

  it("CON-8 has no use for the boxes of another page of the same client", async () => {
    const few = await mira.openPage(requestFor("mcp.tools").url);
    const all = await mira.openPage(requestFor(ALL).url);
    const scope = formOf(all).ticked.map(({ value }) => value);
    expect(scope).toContain("mcp.diagnostics");
    const form = formOf(few);
    const sent = arrivedAtPage(await mira.send(few, form, { ...form.fields, decision: "allow", scope }));
    expect(sent.status).toBe(400);
  });

  it("CON-8 cannot have the person's own choice widened by the URL that the form is sent to", async () => {
    const request = requestFor(ALL);
    const page = await mira.openPage(request.url);
    const form = formOf(page);
    const widened = { ...form, action: new URL(`${form.action}?scope=mcp.diagnostics`) };
    const fields = { ...form.fields, decision: "allow", scope: ["offline_access"] };
    const entra = arrivedAtPage(await mira.send(page, widened, fields));
    const code = client.code(arrivedAtClient(await mira.press(entra, MIRA)));
    expect((await client.redeem(request, code)).json["scope"]).toBe("mcp.tools");
  });

  it("CON-8 does not let a code, a refresh or a narrower request bring back what was left out", async () => {
    const request = requestFor(ALL);
    const code = client.code(await mira.allow(request.url, MIRA, ["mcp.diagnostics"]));
    const answer = await client.redeem(request, code, { scope: ALL });
    expect(answer.json["scope"]).toBe("mcp.tools");
    let { refreshToken } = tokensOf(answer);
    for (const scope of [ALL, "mcp.diagnostics", "mcp.diagnostics mcp.diagnostics"]) {
      const refreshed = await client.refresh(refreshToken, { scope });
      expect(refreshed.json["scope"]).toBe("mcp.tools");
      refreshToken = tokensOf(refreshed).refreshToken;
    }
    const beyond = await client.refresh(refreshToken, { scope: "mcp.tools notes.write" });
    expect([beyond.status, beyond.json["error"]]).toEqual([400, "invalid_scope"]);
  });
});

describe("a scope that a person withdrew", () => {
  async function openAccount(person: Person, user = MIRA): Promise<Page> {
    const page = arrivedAtPage(await person.open(`${twin.origin}/account`));
    return page.url.origin === twin.entra.url ? arrivedAtPage(await person.press(page, user)) : page;
  }
  const formTokenOf = ({ html }: Page) => /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const needing = async (accessToken: string) =>
    (await client.callTool(twin.mcpUrl, accessToken, "describe_access")).status;

  async function withdraw(person: Person, session: string, from?: string) {
    const page = await openAccount(person);
    const form = { ...formOf(page), action: new URL("/account/revoke", twin.origin) };
    const initiator = from === undefined ? page : { ...page, url: new URL(from), headers: new Headers() };
    const fields = { form_token: formTokenOf(page), session, scope: "mcp.diagnostics" };
    return person.send(initiator, form, fields);
  }

  it("CON-8 is refused to every token of the session, however it came by it, and what else it has continues", async () => {
    const first = await client.signIn(mira, MIRA, { resource: twin.mcpUrl, scope: ALL });
    const second = tokensOf(await client.refresh(first.refreshToken));
    for (const { accessToken } of [first, second]) expect(await needing(accessToken)).toBe(200);
    await withdraw(mira, sidOf(first.accessToken));
    const replayed = tokensOf(await client.refresh(first.refreshToken));
    const third = tokensOf(await client.refresh(second.refreshToken, { scope: ALL }));
    for (const { accessToken } of [first, second, replayed, third]) {
      expect(await needing(accessToken)).toBe(403);
      expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
    }
  });

  it("CON-8 GW-10 does not come back by fields that the client sends itself", async () => {
    const { accessToken } = await client.signIn(mira, MIRA, { resource: twin.mcpUrl, scope: ALL });
    await withdraw(mira, sidOf(accessToken));
    const answer = await fetch(twin.mcpUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "x-gateway-scopes": ALL,
        "x-gateway-ended-sessions-of": "nobody",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "describe_access", arguments: {} },
      }),
    });
    await answer.body?.cancel();
    expect(answer.status).toBe(403);
  });

  it("CON-3 CON-8 is not withdrawn by a form of another site, nor by another person who knows the session", async () => {
    const { accessToken } = await client.signIn(mira, MIRA, { resource: twin.mcpUrl, scope: ALL });
    const session = sidOf(accessToken);
    expect(arrivedAtPage(await withdraw(mira, session, EVIL_SITE)).status).toBe(403);
    const tess = new Person(twin);
    await client.signIn(tess, TESS, { resource: twin.mcpUrl });
    const page = await openAccount(tess, TESS);
    const form = { ...formOf(page), action: new URL("/account/revoke", twin.origin) };
    const fields = { form_token: formTokenOf(page), session, scope: "mcp.diagnostics" };
    expect(arrivedAtPage(await tess.send(page, form, fields)).html).toContain("There was nothing left");
    const user = twin.tenant.users.find(({ displayName }) => displayName === MIRA)?.oid ?? "";
    expect(arrivedAtPage(await tess.send(page, form, { ...fields, user })).status).toBe(403);
    expect(await needing(accessToken)).toBe(200);
  });
});
