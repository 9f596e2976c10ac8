import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { clouds } from "../../../config/clouds.ts";
import type { DemoUser } from "../../../twin/entra/directory.ts";
import { type Driving, drive } from "../../../twin/entra/driving.ts";
import { makeCircuit } from "../testing/circuit.ts";
import { failureOf } from "../testing/failure.ts";
import type { UpstreamError } from "./errors.ts";
import { entraPageSignIn, type PageSignIn, type PageSignInWishes } from "./page-sign-in.ts";

let driving: Driving;
let pageSignIn: PageSignIn;
let mira: DemoUser;
let jonas: DemoUser;

beforeAll(async () => {
  driving = await drive();
  const { entra, tenant, redirectUri } = driving;
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
  const app = {
    authorityHost: entra.url,
    tenantId: tenant.tenantId,
    clientId: tenant.signIn.clientId,
    managedIdentityClientId: tenant.identity.authorizationServer.clientId,
    tokenExchangeAudience: clouds.public.tokenExchangeAudience,
    furtherTenantIds: [],
  };
  pageSignIn = entraPageSignIn(app, redirectUri, makeCircuit("entra"));
  [mira, jonas] = tenant.users as [DemoUser, DemoUser];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await driving.entra.stop();
});

/** Goes through Entra as a browser does, up to the code. */
async function approach(user: DemoUser, wishes: PageSignInWishes = {}) {
  const { url, request } = await pageSignIn.start("the-state", wishes);
  const back = await driving.signIn(url, user.oid);
  return { request, code: back.searchParams.get("code") ?? "", state: back.searchParams.get("state") };
}

describe("a sign-in to a page", () => {
  it("CAL-2 asks for a code with PKCE, state and nonce, and for nothing but who the person is", async () => {
    const { url, request } = await pageSignIn.start("the-state");
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      client_id: driving.tenant.signIn.clientId,
      response_type: "code",
      response_mode: "form_post",
      redirect_uri: driving.redirectUri,
      scope: "openid profile",
      state: "the-state",
      nonce: request.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect(url).not.toContain(request.verifier);
  });

  it("asks for another account, and for claims, where it is told to", async () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const { url } = await pageSignIn.start("the-state", { prompt: "select_account", claims });
    const { searchParams } = new URL(url);
    expect([searchParams.get("prompt"), searchParams.get("claims")]).toEqual(["select_account", claims]);
  });

  it("GW-9 says which claims Entra's policy wants, and is let in with them", async () => {
    driving.entra.requireMultifactor(mira.oid, "claims");
    const first = await approach(mira);
    const refusal = await failureOf(pageSignIn.finish(first.code, first.request));
    expect(refusal).toMatchObject({ name: "UpstreamError", kind: "refused", claims: expect.any(String) });
    const second = await approach(mira, { claims: (refusal as UpstreamError).claims });
    expect(await pageSignIn.finish(second.code, second.request)).toMatchObject({ objectId: mira.oid });
  });

  it("says who the person is, with the roles at this application alone", async () => {
    const { code, state, request } = await approach(mira);
    expect(state).toBe("the-state");
    expect(await pageSignIn.finish(code, request)).toEqual({
      objectId: mira.oid,
      tenantId: driving.tenant.tenantId,
      name: "Mira Okafor",
      roles: [],
    });
    const operator = await approach(jonas);
    expect(await pageSignIn.finish(operator.code, operator.request)).toMatchObject({
      objectId: jonas.oid,
      roles: ["Gateway.Operator"],
    });
  });

  it("CAL-2 refuses another sign-in's nonce, another's verifier, and a code that was used", async () => {
    const first = await approach(mira);
    const second = await approach(mira);
    const mixed = { verifier: first.request.verifier, nonce: second.request.nonce };
    const refused = { name: "UpstreamError", kind: "refused" };
    expect(await failureOf(pageSignIn.finish(first.code, mixed))).toMatchObject(refused);
    expect(await failureOf(pageSignIn.finish(second.code, first.request))).toMatchObject(refused);
    expect(await failureOf(pageSignIn.finish(first.code, first.request))).toMatchObject(refused);
  });
});
