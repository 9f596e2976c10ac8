import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type DrivenEntra, driveEntra, FERNHILL } from "../testing/driven-entra.ts";
import { failureOf } from "../testing/failure.ts";
import type { EntraTokens, Upstream } from "./upstream.ts";

const NEARLY_AN_HOUR_MS = 3310_000;

let entra: DrivenEntra;
beforeAll(async () => {
  entra = await driveEntra();
});
afterEach(() => {
  vi.useRealTimers();
  entra.driving.entra.misissue();
});
afterAll(() => entra.stop());

/** Signs in for servers that have no Entra scope. */
async function signIn(user = entra.mira, via: Upstream = entra.upstream) {
  const { url, request } = await via.startSignIn("", "the-state");
  const back = await entra.driving.signIn(url, user.oid);
  return { url, signIn: await via.finishSignIn(back.searchParams.get("code") ?? "", [], request) };
}

const accessTokensIn = ({ cache }: EntraTokens) => JSON.parse(cache).AccessToken as object;

const asked = () => entra.driving.entra.requests.token;

function pass(milliseconds: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
}

describe("a sign-in for servers that know nothing of Entra", () => {
  it("GW-15 CAL-2 asks for who the person is, and keeps no access token that comes along", async () => {
    const { url, signIn: signedIn } = await signIn();
    expect(new URL(url).searchParams.get("scope")).toBe("openid profile offline_access");
    expect(signedIn.memberships.size).toBe(0);
    expect(accessTokensIn(signedIn.tokens)).toEqual({});
  });

  it("GW-15 CAL-3 says which roles and groups the person has at our own application", async () => {
    entra.driving.entra.misissue({ roles: ["Files.Reader"], groups: ["g"] });
    expect((await signIn()).signIn.own).toEqual({ roles: ["Files.Reader"], groups: ["g"] });
    const source = { _claim_names: { groups: "src1" } };
    entra.driving.entra.misissue(source);
    expect((await signIn()).signIn.own).toEqual({ roles: [], groups: "overage" });
  });

  it("GW-15 AUT-7 works for people of a further tenant", async () => {
    const via = entra.upstreamAt(entra.driving.entra.url, [FERNHILL]);
    const { tokens } = (await signIn(entra.nils, via)).signIn;
    expect((await via.identity(tokens, [])).claims).toMatchObject({ oid: entra.nils.oid, tid: FERNHILL });
    expect(await failureOf(entra.upstream.identity(tokens, []))).toMatchObject({ kind: "refused" });
  });
});

describe("who the person is", () => {
  it("GW-15 comes from the kept id token while it is fresh, without a call", async () => {
    const { tokens } = (await signIn()).signIn;
    const before = asked();
    const { claims, renewed } = await entra.upstream.identity(tokens, []);
    expect(claims).toMatchObject({ oid: entra.mira.oid, name: "Mira Okafor" });
    expect(renewed).toBeUndefined();
    expect(asked()).toBe(before);
  });

  it("GW-15 is asked again before the id token ends, and the new one is kept without an access token", async () => {
    const { tokens } = (await signIn()).signIn;
    const first = await entra.upstream.identity(tokens, []);
    pass(NEARLY_AN_HOUR_MS);
    entra.driving.entra.misissue({ roles: ["New"] });
    const before = asked();
    const second = await entra.upstream.identity(tokens, []);
    expect(asked()).toBe(before + 1);
    expect(second.claims["exp"]).toBeGreaterThan(Number(first.claims["exp"]));
    expect(second.roles).toEqual(["New"]);
    expect(accessTokensIn(second.renewed ?? tokens)).toEqual({});
    const third = await entra.upstream.identity(second.renewed ?? tokens, []);
    expect(asked()).toBe(before + 1);
    expect(third.roles).toEqual(["New"]);
  });

  it("GW-15 GW-9 is asked again when that is wanted", async () => {
    const { tokens } = (await signIn()).signIn;
    const before = asked();
    expect((await entra.upstream.identity(tokens, [], {})).renewed).toBeDefined();
    expect(asked()).toBe(before + 1);
  });

  it("GW-15 comes with the address only where it is asked for", async () => {
    const { tokens } = (await signIn()).signIn;
    expect((await entra.upstream.identity(tokens, [])).claims).not.toHaveProperty("email");
    const { claims } = await entra.upstream.identity(tokens, ["email"], {});
    expect(claims).toMatchObject({ email: entra.mira.mail });
  });

  it("GW-15 leaves the access tokens of other servers where they are", async () => {
    const { tokens } = await entra.signIn(entra.mira);
    const kept = accessTokensIn(tokens);
    expect(Object.keys(kept)).toHaveLength(1);
    const { renewed, claims } = await entra.upstream.identity(tokens, [], {});
    expect(claims).toMatchObject({ oid: entra.mira.oid });
    expect(accessTokensIn(renewed ?? tokens)).toEqual(kept);
    const before = asked();
    const { token } = await entra.upstream.accessToken(renewed ?? tokens, entra.scope);
    expect(decodeJwt(token).aud).toBe(entra.driving.tenant.graphMcp.clientId);
    expect(asked()).toBe(before);
  });

  it("GW-15 GW-2 is no hindrance to a token for another server", async () => {
    const { tokens } = (await signIn()).signIn;
    const { token, renewed } = await entra.upstream.accessToken(tokens, entra.scope);
    expect(decodeJwt(token).aud).toBe(entra.driving.tenant.graphMcp.clientId);
    expect((await entra.upstream.identity(renewed ?? tokens, [])).claims).toMatchObject({
      oid: entra.mira.oid,
    });
  });

  it("GW-15 TOK-6 is refused when the person's grants were revoked, which shows when Entra is asked", async () => {
    const { tokens } = (await signIn(entra.tess)).signIn;
    entra.driving.entra.revokeUser(entra.tess.oid);
    expect((await entra.upstream.identity(tokens, [])).claims).toMatchObject({ oid: entra.tess.oid });
    pass(NEARLY_AN_HOUR_MS);
    expect(await failureOf(entra.upstream.identity(tokens, []))).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("AADSTS50173"),
    });
  });
});
