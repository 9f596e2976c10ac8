import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DrivenEntra, driveEntra, FERNHILL } from "../testing/driven-entra.ts";
import { failureOf } from "../testing/failure.ts";
import { TenantRefusedError } from "./errors.ts";
import type { Upstream } from "./upstream.ts";

const STONEGATE = "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23";

let entra: DrivenEntra;
let driving: DrivenEntra["driving"];
let upstream: DrivenEntra["upstream"];
let scope: DrivenEntra["scope"];
let notesScope: DrivenEntra["notesScope"];
let mira: DrivenEntra["mira"];
let nils: DrivenEntra["nils"];
let sana: DrivenEntra["sana"];
let upstreamAt: DrivenEntra["upstreamAt"];
let approach: DrivenEntra["approach"];
let signIn: DrivenEntra["signIn"];
beforeAll(async () => {
  entra = await driveEntra();
  ({ driving, upstream, scope, notesScope, mira, nils, sana, upstreamAt, approach, signIn } = entra);
});
afterAll(() => entra.stop());

describe("people of several tenants", () => {
  let several: Upstream;
  beforeAll(() => {
    several = upstreamAt(driving.entra.url, [FERNHILL]);
  });
  afterEach(() => driving.entra.misissue());

  it("CAL-2 are asked to sign in with any organization, and only where others are listed", async () => {
    const pathOf = async (via: Upstream) => new URL((await via.startSignIn(scope, "s")).url).pathname;
    expect(await pathOf(several)).toBe("/organizations/oauth2/v2.0/authorize");
    expect(await pathOf(upstream)).toBe(`/${driving.tenant.tenantId}/oauth2/v2.0/authorize`);
    expect(await pathOf(upstreamAt(driving.entra.url, [driving.tenant.tenantId]))).toBe(
      `/${driving.tenant.tenantId}/oauth2/v2.0/authorize`,
    );
  });

  it("CAL-2 get in with the home tenant's and with a listed tenant's account, each as who they are there", async () => {
    const home = await signIn(mira, {}, several);
    expect(home.user).toEqual({ objectId: mira.oid, tenantId: driving.tenant.tenantId });
    const { user, memberships, tokens } = await signIn(nils, {}, several);
    expect(user).toEqual({ objectId: nils.oid, tenantId: FERNHILL });
    expect(memberships.get(scope)?.roles).toEqual(["Mcp.User"]);
    expect(tokens.tenantId).toBe(FERNHILL);
  });

  it("CAL-2 TOK-6 keep to their own tenant: the kept token serves, and its authority renews it", async () => {
    const { tokens } = await signIn(nils, {}, several);
    const asked = driving.entra.requests.token;
    const kept = await several.accessToken(tokens, scope);
    expect(driving.entra.requests.token).toBe(asked);
    const fresh = await several.accessToken(tokens, scope, {});
    expect(fresh.token).not.toBe(kept.token);
    for (const { token } of [kept, fresh]) {
      expect(decodeJwt(token)).toMatchObject({
        iss: `${driving.entra.url}/${FERNHILL}/v2.0`,
        tid: FERNHILL,
        oid: nils.oid,
      });
    }
    expect(fresh.renewed?.tenantId).toBe(FERNHILL);
    const again = await several.accessToken(fresh.renewed ?? tokens, scope);
    expect(again.token).toBe(fresh.token);
  });

  it("CAL-2 get the tokens of several MCP servers from their own tenant", async () => {
    const { code, request } = await approach(nils, {}, several);
    const { tokens } = await several.finishSignIn(code, [scope, notesScope], request);
    for (const each of [scope, notesScope]) {
      expect(decodeJwt((await several.accessToken(tokens, each)).token)["tid"]).toBe(FERNHILL);
    }
  });

  it("CAL-2 are refused from a tenant that is not on the list, by name", async () => {
    const failure = await failureOf(signIn(sana, {}, several));
    expect(failure).toBeInstanceOf(TenantRefusedError);
    expect(failure).toMatchObject({ kind: "refused", tenantId: STONEGATE });
    expect(failure.message).toBe("entra_refused tenant_not_allowed");
  });

  it("CAL-2 get no token any more once their tenant is off the list, and Entra is not asked", async () => {
    const { tokens } = await signIn(nils, {}, several);
    const asked = driving.entra.requests.token;
    for (const renewal of [undefined, {}]) {
      expect(await failureOf(upstream.accessToken(tokens, scope, renewal))).toBeInstanceOf(
        TenantRefusedError,
      );
    }
    expect(driving.entra.requests.token).toBe(asked);
  });

  it("keep a session that began before there were several tenants: it is the home tenant's", async () => {
    const { tokens } = await signIn(mira);
    const { cache, account } = tokens;
    const { token } = await several.accessToken({ cache, account }, scope, {});
    expect(decodeJwt(token)["tid"]).toBe(driving.tenant.tenantId);
  });

  const issuerOf = (tenantId: string) => `${driving.entra.url}/${tenantId}/v2.0`;
  it.each<[string, () => Readonly<Record<string, unknown>>]>([
    ["a listed tenant's issuer, and the home tenant's ID", () => ({ iss: issuerOf(FERNHILL) })],
    ["the home tenant's issuer, and a listed tenant's ID", () => ({ tid: FERNHILL })],
    ["a listed tenant's issuer, and another's ID", () => ({ iss: issuerOf(FERNHILL), tid: STONEGATE })],
    ["a listed tenant's ID, and another's issuer", () => ({ iss: issuerOf(STONEGATE), tid: FERNHILL })],
    ["no ID", () => ({ tid: undefined })],
    ["a list of IDs", () => ({ tid: [FERNHILL] })],
    ["the issuer of any organization", () => ({ iss: issuerOf("organizations") })],
    ["the issuer with the blank in it", () => ({ iss: issuerOf("{tenantid}") })],
    ["an ID that fills the issuer in", () => ({ iss: issuerOf("{tenantid}"), tid: "{tenantid}" })],
    ["an ID that is a path", () => ({ iss: issuerOf(`${FERNHILL}/..`), tid: `${FERNHILL}/..` })],
    ["another host's issuer", () => ({ iss: `https://evil.example/${FERNHILL}/v2.0`, tid: FERNHILL })],
    ["an ID in another letter case", () => ({ iss: issuerOf(FERNHILL), tid: FERNHILL.toUpperCase() })],
    ["a listed tenant's v1.0 issuer", () => ({ iss: `${driving.entra.url}/${FERNHILL}/`, tid: FERNHILL })],
  ])("CAL-2 are refused with an id token that Entra signed with %s", async (_, claims) => {
    driving.entra.misissue(claims());
    const failure = await failureOf(signIn(mira, {}, several));
    expect(failure).toMatchObject({ name: "UpstreamError", kind: "refused" });
    expect(failure).not.toBeInstanceOf(TenantRefusedError);
  });

  it("CAL-2 are never told apart by a claim alone: an unlisted tenant's token is refused whoever signed it", async () => {
    driving.entra.misissue({ iss: issuerOf(STONEGATE), tid: STONEGATE });
    expect(await failureOf(signIn(mira, {}, several))).toBeInstanceOf(TenantRefusedError);
    expect(await failureOf(signIn(mira))).toMatchObject({ kind: "refused" });
  });
});
