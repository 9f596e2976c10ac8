import { beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { ISSUER } from "../testing/gateway.ts";
import { useSessions } from "../testing/sessions.ts";

const METADATA = { client_name: "Managed", redirect_uris: ["https://managed.example/cb"] };
const REFUSED = "The registration access token is not valid for this client.";

const sessions = useSessions();
let dependencies: Dependencies;
let registered: Readonly<Record<string, string>>;
beforeEach(async () => {
  dependencies = makeDependencies(sessions);
  const { status, body, lines } = await send("register", `${ISSUER}/register`, METADATA);
  expect(status).toBe(201);
  expect(lines).toEqual([
    { level: "info", event: "registered", fields: { audit: true, client: body.client_id } },
  ]);
  registered = body;
  sessions.store.operations();
});

type Name = "register" | "registration-read" | "registration-update" | "registration-delete";

async function send(name: Name, url: string, body?: object, authorization?: string) {
  const call = makeCall();
  const request = new Request(url, {
    method: body ? "POST" : "GET",
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await endpoints(dependencies)[name](request, call);
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: text === "" ? undefined : JSON.parse(text), lines: call.lines };
}

const url = () => registered["registration_client_uri"] ?? "";
const token = () => `Bearer ${registered["registration_access_token"]}`;
const update = (changes: object, authorization = token()) =>
  send(
    "registration-update",
    url(),
    { client_id: registered["client_id"], ...METADATA, ...changes },
    authorization,
  );
const read = (authorization?: string) => send("registration-read", url(), undefined, authorization);

describe("a registration in the hands of its client", () => {
  it("CLI-2 is read as it was answered to the registration", async () => {
    const { status, body } = await read(token());
    expect(status).toBe(200);
    expect(body).toEqual(registered);
    expect(sessions.store.operations()).toEqual({ "clients read": 1 });
  });

  it("CLI-2 is updated, and says so", async () => {
    const { status, body, lines } = await update({ client_name: "Renamed" });
    expect(status).toBe(200);
    expect(body).toEqual({ ...registered, client_name: "Renamed" });
    expect(lines).toEqual([
      {
        level: "info",
        event: "registration_updated",
        fields: { audit: true, client: registered["client_id"] },
      },
    ]);
    expect((await read(token())).body).toEqual(body);
  });

  it.each<[object, string, string]>([
    [{ client_id: "x" }, "invalid_request", "client_id has to be that of the registration."],
    [
      { registration_access_token: "x" },
      "invalid_request",
      "registration_access_token has no place in an update.",
    ],
    [
      { registration_client_uri: "x" },
      "invalid_request",
      "registration_client_uri has no place in an update.",
    ],
    [{ client_secret: "x" }, "invalid_request", "client_secret has no place in an update."],
    [
      { client_secret_expires_at: 0 },
      "invalid_request",
      "client_secret_expires_at has no place in an update.",
    ],
    [{ client_id_issued_at: 0 }, "invalid_request", "client_id_issued_at has no place in an update."],
    [
      { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://managed.example/jwks" },
      "invalid_client_metadata",
      "token_endpoint_auth_method stays none; register anew for another.",
    ],
  ])("CLI-2 is not updated with %j", async (changes, error, error_description) => {
    const { status, body, lines } = await update(changes);
    expect([status, body]).toEqual([400, { error, error_description }]);
    expect(lines).toMatchObject([{ event: "refused", fields: { endpoint: "registration-update" } }]);
    expect((await read(token())).body).toEqual(registered);
  });

  it.each([
    ["javascript:alert(1)", "the scheme javascript:"],
    ["https://managed.example/cb?iss=https://evil.example", "the parameter iss"],
    ["acme://cb", "the scheme acme:"],
  ])("CLI-9 CLI-10 is not updated with the redirect URI %s", async (uri, fault) => {
    const { status, body } = await update({ redirect_uris: ["https://managed.example/cb", uri] });
    expect([status, body.error]).toEqual([400, "invalid_redirect_uri"]);
    expect(body.error_description).toContain(fault);
    expect((await read(token())).body).toEqual(registered);
  });

  describe("with a secret", () => {
    const SECRET_METADATA = { ...METADATA, token_endpoint_auth_method: "client_secret_post" };
    const secretUpdate = (changes: object) => update({ ...SECRET_METADATA, ...changes });
    beforeEach(async () => {
      registered = (await send("register", `${ISSUER}/register`, SECRET_METADATA)).body;
    });

    it("CLI-11 is read without it", async () => {
      const { client_secret, client_secret_expires_at, ...rest } = registered;
      expect([client_secret, client_secret_expires_at]).toEqual([expect.any(String), 0]);
      expect((await read(token())).body).toEqual(rest);
    });

    it("CLI-11 is updated with it, without it, or with null in its place, and keeps it", async () => {
      const { client_secret } = registered;
      for (const given of [{ client_secret }, {}, { client_secret: null }]) {
        const { status, body } = await secretUpdate({ client_name: "Renamed", ...given });
        expect([status, body.client_name]).toEqual([200, "Renamed"]);
        expect(body).not.toHaveProperty("client_secret");
      }
      expect(await dependencies.clients.authentication(registered["client_id"] ?? "")).toMatchObject({
        secretHash: hashOf(client_secret ?? ""),
      });
    });

    it.each([
      [{ client_secret: "x" }, "client_secret is not the one that was issued."],
      [{ client_secret: 1 }, "client_secret is not the one that was issued."],
      [{ client_secret: "" }, "client_secret is not the one that was issued."],
      [{ client_secret_expires_at: 0 }, "client_secret_expires_at has no place in an update."],
    ])("CLI-11 is not updated with %j", async (changes, error_description) => {
      expect((await secretUpdate(changes)).body).toEqual({ error: "invalid_request", error_description });
    });

    it.each(["none", "client_secret_basic", undefined])("CLI-11 does not change to %s", async (method) => {
      expect((await secretUpdate({ token_endpoint_auth_method: method })).body).toMatchObject({
        error: "invalid_client_metadata",
        error_description: "token_endpoint_auth_method stays client_secret_post; register anew for another.",
      });
    });
  });

  it("CLI-2 is not updated by what is no JSON object", async () => {
    const request = new Request(url(), {
      method: "PUT",
      body: "[]",
      headers: { authorization: token(), "content-type": "application/json" },
    });
    const response = await endpoints(dependencies)["registration-update"](request, makeCall());
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: "invalid_client_metadata" },
    ]);
  });

  it("CLI-2 ends with a delete, which no cache keeps, and says so", async () => {
    const { status, headers, lines } = await send("registration-delete", url(), undefined, token());
    expect(status).toBe(204);
    expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
    expect(lines).toEqual([
      {
        level: "info",
        event: "registration_deleted",
        fields: { audit: true, client: registered["client_id"] },
      },
    ]);
    expect((await read(token())).status).toBe(401);
  });

  it("CLI-2 is gone for an update that comes too late", async () => {
    const { clients } = dependencies;
    const manage: typeof clients.manage = async (id, secret) => {
      const managed = await clients.manage(id, secret);
      await managed?.remove();
      return managed;
    };
    dependencies = { ...dependencies, clients: { ...clients, manage } };
    const { status, body, lines } = await update({});
    expect([status, body]).toEqual([401, { error: "invalid_token", error_description: REFUSED }]);
    expect(lines).toMatchObject([{ fields: { reason: "registration_gone" } }]);
  });

  it.each([
    [undefined, "Bearer", "registration_token_missing"],
    ["", "Bearer", "registration_token_missing"],
    ["Bearer", "Bearer", "registration_token_missing"],
    ["Basic eDp4", "Bearer", "registration_token_missing"],
    ["xBearer x", "Bearer", "registration_token_missing"],
    ["Bearer x y", "Bearer", "registration_token_missing"],
    ["Bearer x", 'Bearer error="invalid_token"', "registration_token_unknown"],
    ["bearer  x=", 'Bearer error="invalid_token"', "registration_token_unknown"],
    ["Bearer x==", 'Bearer error="invalid_token"', "registration_token_unknown"],
  ])("CLI-2 is nobody's with %j", async (authorization, challenge, reason) => {
    for (const name of ["registration-read", "registration-delete"] as const) {
      const { status, headers, body, lines } = await send(name, url(), undefined, authorization);
      expect([status, body]).toEqual([401, { error: "invalid_token", error_description: REFUSED }]);
      expect(headers.get("www-authenticate")).toBe(challenge);
      expect(lines).toMatchObject([{ event: "refused", fields: { endpoint: name, reason } }]);
    }
    expect((await read(token())).body).toEqual(registered);
  });
});
