import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { demoTenant, FIELD_STAFF } from "../../twin/entra/demo-tenant.ts";
import { OAuthClient, tokensOf, toolResult } from "../support/oauth-client.ts";
import { linksOf, plainText } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const JONAS = "Jonas Lindqvist";
const TESS = "Tess Marlow";
const NILS = "Nils Haverkamp";
const SANA = "Sana Whitlock";
const FERNHILL = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";

/** Jonas is in more groups than Entra puts into a token, and has no role. */
const tenant = (origin: string) => {
  const demo = demoTenant(origin);
  const users = demo.users.map((user) =>
    user.displayName === JONAS ? { ...user, appRoles: {}, groups: MANY_GROUPS } : user,
  );
  const applications = demo.applications.map((each) =>
    each.clientId === demo.graphMcp.clientId ? { ...each, assignedGroups: MANY_GROUPS } : each,
  );
  return { ...demo, users, applications };
};
const MANY_GROUPS = Array.from(
  { length: 201 },
  (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
);

const servers = shippedConfig.servers.map((server) => ({
  ...server,
  access: {
    roles: ["Mcp.User"],
    groups: [FIELD_STAFF],
    titles: { [FIELD_STAFF]: { en: "Field staff", de: "Außendienst" } },
  },
}));

const twin = useOwnTwin({ servers, tenants: [FERNHILL] }, { tenant });
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

describe("people of several tenants", () => {
  it("CAL-2 sign in, call tools On-Behalf-Of themselves in their own tenant, and refresh", async () => {
    for (const name of [MIRA, NILS]) {
      const tokens = await client.signIn(new Person(twin), name);
      const profile = toolResult(
        await client.callTool(twin.mcpUrl, tokens.accessToken, "get_graph_user_details"),
      );
      expect(profile["displayName"]).toBe(name);
      const me = toolResult(await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami"));
      expect(me["tenantId"]).toBe(name === NILS ? FERNHILL : twin.tenant.tenantId);
      const renewed = tokensOf(await client.refresh(tokens.refreshToken));
      expect(decodeJwt(renewed.accessToken).sub).toBe(decodeJwt(tokens.accessToken).sub);
    }
  });

  it("CAL-2 are refused with a page where their tenant is not on the list, and the client hears access_denied", async () => {
    const person = new Person(twin);
    const before = (await twin.cosmos.documents()).length;
    const entra = await person.askEntra(client.authorizationRequest().url);
    const page = arrivedAtPage(await person.press(entra, SANA));
    expect(page.status).toBe(403);
    expect(page.title).toContain("Your organization has no access to MCP gateway");
    const back = new URL(linksOf(page)[0] ?? "");
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect(back.searchParams.get("iss")).toBe(twin.origin);
    expect((await twin.cosmos.documents()).length).toBe(before);
  });
});

describe("what a client wants the sign-in to be like", () => {
  it("reaches Entra: a new sign-in, and who is expected", async () => {
    const person = new Person(twin);
    const login_hint = "tess.marlow@brightwater.example";
    const page = await person.askEntra(client.authorizationRequest({ prompt: "login", login_hint }).url);
    expect(page.title).toContain("Sign in again");
    expect(page.html).toMatch(/<ul><li><button[^>]* autofocus>[\s\S]{0,300}Tess Marlow/);
    expect(arrivedAtClient(await person.press(page, TESS))).toContain("code=");
    expect(JSON.stringify(await twin.allLogs())).not.toContain("tess.marlow");
  });

  it("asks once more where the sign-in is older than max_age, and then goes on", async () => {
    const mira = twin.tenant.users.find(({ displayName }) => displayName === MIRA);
    twin.entra.ageSession(mira?.oid ?? "", 3600);
    const person = new Person(twin);
    const { url } = client.authorizationRequest({ max_age: "600" });
    const again = arrivedAtPage(await person.press(await person.askEntra(url), MIRA));
    expect(again.title).toContain("Sign in again");
    expect(client.code(arrivedAtClient(await person.press(again, MIRA)))).not.toBe("");
    const young = client.authorizationRequest({ max_age: "600" });
    expect(await new Person(twin).allow(young.url, MIRA)).toContain("code=");
  });

  it("AUT-2 is refused where nobody may be asked", async () => {
    const { url } = client.authorizationRequest({ prompt: "none" });
    const back = new URL(arrivedAtClient(await new Person(twin).open(url)));
    expect(back.searchParams.get("error")).toBe("consent_required");
  });
});

describe("groups", () => {
  it("let in who has no role, through to the tool, and at the refresh", async () => {
    const tokens = await client.signIn(new Person(twin), TESS);
    expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
    expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
  });

  it("are so many that Entra leaves them out: the page says why, and what an administrator can do", async () => {
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest().url);
    const page = arrivedAtPage(await person.press(entra, JONAS));
    expect(page.status).toBe(403);
    expect(plainText(page.html)).toContain("in so many groups");
    expect(plainText(page.html)).toContain("or to use app roles");
    expect(new URL(linksOf(page)[0] ?? "").searchParams.get("error")).toBe("access_denied");
  });
});
