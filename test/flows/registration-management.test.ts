import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

/** A client that manages its own registration (RFC 7592), through the gateway. */
const REDIRECT_URI = "http://localhost:9999/callback";
const METADATA = {
  client_name: "Managed",
  client_uri: "https://managed.example/",
  redirect_uris: [REDIRECT_URI],
  grant_types: ["authorization_code", "refresh_token"],
};

const twin = useTwin();
let registered: Answer["json"];
let url: string;
let token: string;

beforeEach(async () => {
  ({ json: registered } = await register(METADATA));
  url = String(registered["registration_client_uri"]);
  token = String(registered["registration_access_token"]);
  twin.cosmos.resetOperations();
});

const register = (metadata: object) =>
  send(`${twin.origin}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });

function manage(
  method: string,
  body?: object,
  authorization: string | undefined = `Bearer ${token}`,
  at = url,
) {
  return send(at, {
    method,
    headers: {
      ...(authorization === "" ? {} : { authorization }),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

describe("a registration", () => {
  it("CLI-2 is read with its token, by one point read", async () => {
    const { status, headers, json } = await manage("GET");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(json).toEqual(registered);
    expect(twin.cosmos.operations()).toEqual({ "clients read": 1 });
  });

  it("CLI-2 is replaced as a whole: what an update leaves out is gone, and its ID and token stay", async () => {
    const { client_id } = registered;
    const redirect_uris = ["https://managed.example/cb"];
    const { status, json } = await manage("PUT", { client_id, redirect_uris });
    expect(status).toBe(200);
    expect(json).toEqual({
      client_id,
      client_id_issued_at: registered["client_id_issued_at"],
      registration_access_token: token,
      registration_client_uri: url,
      redirect_uris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
    expect(twin.cosmos.operations()).toEqual({ "clients read": 1, "clients replace": 1 });
    expect((await manage("GET")).json).toEqual(json);

    const client = new OAuthClient(twin.origin, String(client_id));
    expect((await send(client.authorizationRequest().url)).status).toBe(400);
    const moved = client.authorizationRequest({ redirect_uri: "https://managed.example/cb" });
    expect((await send(moved.url)).status).toBe(200);
  });

  it.each<[string, object, string]>([
    ["another client's ID", { client_id: "x".repeat(22) }, "invalid_request"],
    ["no ID", { client_id: undefined }, "invalid_request"],
    ["a token to have", { registration_access_token: "x".repeat(43) }, "invalid_request"],
    ["a place to be managed at", { registration_client_uri: "https://evil.example/" }, "invalid_request"],
    ["another time of issue", { client_id_issued_at: 0 }, "invalid_request"],
    ["a secret to have", { client_secret: "s" }, "invalid_request"],
    ["an end of its secret", { client_secret_expires_at: 0 }, "invalid_request"],
    ["an evil redirect URI", { redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri"],
    ["no redirect URI", { redirect_uris: undefined }, "invalid_redirect_uri"],
    ["a name that is none", { client_name: 5 }, "invalid_client_metadata"],
  ])("CLI-2 keeps all that it had when an update names %s", async (_, changes, error) => {
    const { client_id } = registered;
    const answer = await manage("PUT", { client_id, ...METADATA, ...changes });
    expect(answer).toMatchObject({ status: 400, json: { error } });
    expect((await manage("GET")).json).toEqual(registered);
  });

  it("CLI-2 CLI-7 ends when its client deletes it, and what people granted it with the next refresh", async () => {
    const client = new OAuthClient(twin.origin, String(registered["client_id"]), REDIRECT_URI);
    const { accessToken, refreshToken } = await client.signIn(new Person(twin), "Mira Okafor");
    const { iat, exp } = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
    expect(exp - iat).toBe(twin.resolved.lifetimes.accessToken);
    twin.cosmos.resetOperations();
    const { status, text, headers } = await manage("DELETE");
    expect([status, text, headers.get("cache-control")]).toEqual([204, "", "no-store"]);
    expect(twin.cosmos.operations()).toEqual({ "clients read": 1, "clients delete": 1 });

    expect((await send(client.authorizationRequest().url)).status).toBe(400);
    expect((await client.redeem(client.authorizationRequest(), "not-a-code")).status).toBe(401);
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect((await manage(method, method === "PUT" ? METADATA : undefined)).status).toBe(401);
    }
    expect(await client.refresh(refreshToken)).toMatchObject({
      status: 401,
      json: { error: "invalid_client" },
    });
    // Until its last access token ends, its calls go on; it may still give that up by itself.
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
    expect((await client.revoke(accessToken)).status).toBe(200);
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(401);
  });

  it.each(["GET", "PUT", "DELETE"])(
    "CLI-2 answers %s with 401 and the same words to a wrong token and for an unknown client",
    async (method) => {
      const body = method === "PUT" ? { client_id: registered["client_id"], ...METADATA } : undefined;
      const other = (await register(METADATA)).json;
      const nobody = `${twin.origin}/register/${"x".repeat(22)}`;
      const foreign = `Bearer ${String(other["registration_access_token"])}`;
      const answers = [
        await manage(method, body, `Bearer ${token}x`),
        await manage(method, body, foreign),
        await manage(method, body, `Bearer ${"x".repeat(43)}`, nobody),
        await manage(method, body, `Bearer ${token}`, nobody),
        await manage(method, body, `Bearer ${token}`, `${twin.origin}/register/inspector`),
      ];
      for (const { status, headers, json } of answers) {
        expect([status, headers.get("www-authenticate"), headers.get("cache-control")]).toEqual([
          401,
          'Bearer error="invalid_token"',
          "no-store",
        ]);
        expect(json).toEqual(answers[0]?.json);
      }
      expect((await manage("GET")).json).toEqual(registered);
    },
  );

  it.each(["", "Basic eDp5", "Bearer", "Bearer a b", "Bearer a,b"])(
    "CLI-2 asks for a token where none came, without the store: %j",
    async (authorization) => {
      const { status, headers } = await manage("GET", undefined, authorization);
      expect([status, headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(twin.cosmos.operations()).toEqual({});
    },
  );

  it("CLI-2 does not take its token from the query", async () => {
    expect((await manage("GET", undefined, "", `${url}?access_token=${token}`)).status).toBe(401);
  });

  it("DIS-7 has no other method, and nothing below it", async () => {
    expect((await manage("POST", METADATA)).status).toBe(404);
    expect((await manage("GET", undefined, undefined, `${url}/x`)).status).toBe(404);
    expect((await manage("GET", undefined, undefined, `${twin.origin}/register/a/b`)).status).toBe(404);
    expect((await manage("GET", undefined, undefined, `${twin.origin}/register/..%2ftoken`)).status).not.toBe(
      200,
    );
  });

  it.each(["GET", "PUT", "DELETE"])(
    "DIS-8 lets a web page send %s, and read the challenge",
    async (method) => {
      const origin = "https://page.example";
      const asked = await send(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization, content-type",
        },
      });
      expect(asked.status).toBe(200);
      expect(asked.headers.get("access-control-allow-origin")).toBe("*");
      expect(asked.headers.get("access-control-allow-methods")).toContain(method);
      expect(asked.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
      const refused = await send(url, { method, headers: { origin } });
      expect(refused.status).toBe(401);
      expect(refused.headers.get("access-control-allow-origin")).toBe("*");
      expect(refused.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
    },
  );

  it("CLI-2 leaves its token in no log line and no stored document", async () => {
    await manage("GET");
    await manage("PUT", { client_id: registered["client_id"], ...METADATA });
    const everything = JSON.stringify([await twin.allLogs(), await twin.cosmos.documents()]);
    expect(everything).toContain(String(registered["client_id"]));
    expect(everything).not.toContain(token);
  });
});
