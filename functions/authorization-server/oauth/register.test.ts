import { beforeEach, describe, expect, it } from "vitest";
import { endpoints } from "../endpoints.ts";
import { makeCall } from "../testing/calls.ts";
import { ISSUER } from "../testing/gateway.ts";
import { REDIRECT_URI, useSessions } from "../testing/sessions.ts";
import { register, type TestApp, withRegisteredClient } from "../testing/sign-in.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("POST /register", () => {
  it.each(["client_secret_basic", "client_secret_post"])(
    "CLI-11 answers a client that registers %s with a secret that does not expire, to no cache",
    async (token_endpoint_auth_method) => {
      const asking = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method };
      const { status, noStore, body } = await register(app.dependencies, asking);
      expect([status, noStore]).toEqual([201, "no-store"]);
      expect(body).toMatchObject({
        client_id: expect.stringMatching(/^s\.[\w-]{22}$/),
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
        token_endpoint_auth_method,
      });
      expect(sessions.store.operations()).toEqual({ "clients create": 1 });
    },
  );

  it("CLI-10 takes a scheme that the operator allows, and no other", async () => {
    const gateway = { ...app.dependencies.gateway, redirectSchemes: ["acme"] };
    const answered = async (uri: string) =>
      (await register({ ...app.dependencies, gateway }, { redirect_uris: [uri] })).status;
    expect([await answered("acme://cb"), await answered("acmes://cb")]).toEqual([201, 400]);
    expect((await register(app.dependencies, { redirect_uris: ["acme://cb"] })).status).toBe(400);
  });

  it("CLI-1 answers 201 with all that was kept, and no secret, to no cache", async () => {
    const { status, noStore, body } = await register(app.dependencies, {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "client_secret_jwt",
    });
    expect(status).toBe(201);
    expect(noStore).toBe("no-store");
    expect(body).toEqual({
      client_id: expect.stringMatching(/^[\w-]{22}$/),
      client_id_issued_at: sessions.clock.now(),
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
      registration_client_uri: expect.stringMatching(/^https:\/\/gw\.example\/register\/[\w-]{22}$/),
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
  });

  it("CLI-1 answers what it cannot use with the member's name, and stores nothing", async () => {
    expect(await register(app.dependencies, {})).toMatchObject({
      status: 400,
      body: { error: "invalid_redirect_uri", error_description: "redirect_uris is missing." },
    });
    expect(sessions.store.operations()).toEqual({});
  });

  it("CLI-1 says what is wrong with what is no JSON object", async () => {
    const call = makeCall();
    const request = new Request(`${ISSUER}/register`, {
      method: "POST",
      body: "[]",
      headers: { "content-type": "application/json" },
    });
    const response = await endpoints(app.dependencies).register(request, call);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: "invalid_client_metadata" },
    ]);
    expect(call.lines).toMatchObject([{ fields: { endpoint: "register" } }]);
  });
});
