import { decodeJwt, type JWTPayload } from "jose";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const NILS = "Nils Haverkamp";
const SANA = "Sana Whitlock";
const FERNHILL = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
const STONEGATE = "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23";

const twin = useOwnTwin({ tenants: [FERNHILL] }, { recordIssued: true });
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});
afterEach(() => twin.entra.misissue());
const sessions = async () =>
  (await twin.cosmos.documents()).filter(({ container }) => container === "sessions").length;
/** What a secret of Entra's says, if it is a JWT. */
const claimsOf = (secret: string): JWTPayload => {
  try {
    return decodeJwt(secret);
  } catch {
    return {};
  }
};
const issuerOf = (tenantId: string) => `${twin.entra.url}/${tenantId}/v2.0`;

describe("CAL-2 mixed-up tenants", () => {
  it.each<[string, () => Readonly<Record<string, unknown>>]>([
    ["the issuer of a listed tenant beside another tenant's ID", () => ({ iss: issuerOf(FERNHILL) })],
    ["the ID of a listed tenant beside another tenant's issuer", () => ({ tid: FERNHILL })],
    [
      "an unlisted tenant's issuer beside a listed tenant's ID",
      () => ({ iss: issuerOf(STONEGATE), tid: FERNHILL }),
    ],
    ["the issuer with a blank, to be filled in from the token", () => ({ iss: issuerOf("{tenantid}") })],
    ["an issuer of nobody", () => ({ iss: issuerOf("organizations") })],
  ])("get nobody in: %s", async (_, claims) => {
    twin.entra.misissue(claims());
    const before = await sessions();
    const person = new Person(twin);
    const back = new URL(await person.allow(client.authorizationRequest().url, MIRA));
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect(back.searchParams.has("code")).toBe(false);
    expect(await sessions()).toBe(before);
  });

  it("get nobody in who is of a tenant that is not on the list, whatever their role there", async () => {
    const before = await sessions();
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest().url);
    expect(arrivedAtPage(await person.press(entra, SANA)).status).toBe(403);
    expect(await sessions()).toBe(before);
  });

  it("give two people of one object ID no session in common", async () => {
    const nils = twin.tenant.furtherTenants[0]?.users[0]?.oid;
    const theirs = await client.signIn(new Person(twin), NILS);
    const mira = await client.signIn(new Person(twin), MIRA);
    // As where another tenant had somebody with the very object ID of Nils.
    twin.entra.misissue({ oid: nils });
    const namesake = await client.signIn(new Person(twin), MIRA);
    const subjects = [theirs, mira, namesake].map(({ accessToken }) => decodeJwt(accessToken).sub);
    expect(new Set(subjects).size).toBe(3);
  });
});

describe("a token of another tenant at the MCP server", () => {
  /** The token that Entra gave last to this application, as anybody has it whose own application the user signed in to. */
  const tokensAt = (audience: string) =>
    twin.entra.issued().filter((each) => claimsOf(each).aud === audience && "scp" in claimsOf(each));
  const call = (token: string) =>
    send(`${twin.graphMcp.url}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "whoami", arguments: {} },
      }),
    });

  it("CAL-2 is taken from a listed tenant, and refused from any other though Entra signed it", async () => {
    await client.signIn(new Person(twin), NILS);
    const person = new Person(twin);
    await person.press(await person.askEntra(client.authorizationRequest().url), SANA);
    const byTenant = (tenantId: string) =>
      tokensAt(twin.tenant.graphMcp.clientId).findLast((each) => decodeJwt(each)["tid"] === tenantId) ?? "";
    expect((await call(byTenant(FERNHILL))).status).toBe(200);
    const refused = await call(byTenant(STONEGATE));
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });
});

describe("a token of another tenant in the gateway's place", () => {
  it("GW-6 is refused by the authorization server, though it has the gateway's object ID and Entra signed it", async () => {
    const { principalId } = twin.tenant.identity.gateway;
    const askAs = async (person: string) => {
      twin.entra.misissue({ oid: principalId });
      await client.signIn(new Person(twin), person);
      const idToken = twin.entra
        .issued()
        .findLast((each) => claimsOf(each)["oid"] === principalId && claimsOf(each)["nonce"]);
      return send(`${twin.authorizationServer.url}/internal/session-token`, {
        method: "POST",
        headers: { "x-gateway-authorization": `Bearer ${idToken}`, "content-type": "application/json" },
        body: "{}",
      });
    };
    expect((await askAs(NILS)).status).toBe(401);
    // The very same of the home tenant gets past the check, and no further.
    expect((await askAs(MIRA)).json["error"]).toBe("invalid_request");
  });
});
