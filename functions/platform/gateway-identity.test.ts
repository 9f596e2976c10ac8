import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Call } from "./endpoint.ts";
import { type EntraTokenVerifier, entraTokenVerifier } from "./entra.ts";
import { onlyTheGateway } from "./gateway-identity.ts";

const GATEWAY = "16d7e8f9-5061-4273-9485-a6b7c8d9eafb";
const call: Call = { log: vi.fn(), correlationId: "correlation" };

/** Asks an endpoint that answers 204, with some headers. */
async function ask(verify: EntraTokenVerifier, headers: Record<string, string>) {
  const endpoint = vi.fn(async () => new Response(null, { status: 204 }));
  const guarded = onlyTheGateway(verify, GATEWAY)(endpoint);
  const response = await guarded(new Request("https://as.example/token", { headers }), call);
  const text = await response.text();
  const { status, headers: received } = response;
  const retryAfter = received.get("retry-after");
  return { status, headers: received, text, retryAfter, reached: endpoint.mock.calls.length };
}

const bearer = { "x-gateway-authorization": "Bearer a.b.c" };
const verifies = (claims: Record<string, unknown>): EntraTokenVerifier => vi.fn(async () => claims);

describe("onlyTheGateway", () => {
  it("GW-6 lets the gateway's managed identity through, and no one need say Bearer in one letter case", async () => {
    const verify = verifies({ oid: GATEWAY });
    expect(await ask(verify, bearer)).toMatchObject({ status: 204, reached: 1 });
    expect(await ask(verify, { "X-Gateway-Authorization": "bearer a.b.c" })).toMatchObject({ status: 204 });
    expect(verify).toHaveBeenCalledWith("a.b.c");
  });

  it.each([
    ["no header", {}],
    ["the token in Authorization", { authorization: "Bearer a.b.c" }],
    ["an empty header", { "x-gateway-authorization": "" }],
    ["no scheme", { "x-gateway-authorization": "a.b.c" }],
    ["another scheme", { "x-gateway-authorization": "Basic a.b.c" }],
    ["no token", { "x-gateway-authorization": "Bearer " }],
    ["two tokens", { "x-gateway-authorization": "Bearer a.b.c, Bearer a.b.c" }],
    ["a token with a blank in it", { "x-gateway-authorization": "Bearer a. b.c" }],
  ])("GW-6 answers 401 to %s, without verifying anything", async (_, headers) => {
    const verify = verifies({ oid: GATEWAY });
    expect(await ask(verify, headers)).toMatchObject({
      status: 401,
      text: '{"error":"invalid_token"}',
      reached: 0,
    });
    expect(verify).not.toHaveBeenCalled();
  });

  it.each([
    ["another identity", { oid: "05c6d7e8-4f50-4162-8374-85a6b7c8d9ea" }],
    ["a token without oid", { sub: GATEWAY }],
    ["a list of identities", { oid: [GATEWAY] }],
  ])("GW-6 answers 403 to %s", async (_, claims) => {
    expect(await ask(verifies(claims), bearer)).toMatchObject({
      status: 403,
      text: '{"error":"access_denied"}',
      reached: 0,
    });
  });

  it("SES-4 answers 503, not 401, when Entra's keys cannot be fetched", async () => {
    const unreachable: EntraTokenVerifier = () => Promise.reject(new TypeError("fetch failed"));
    expect(await ask(unreachable, bearer)).toMatchObject({
      status: 503,
      text: '{"error":"temporarily_unavailable"}',
      reached: 0,
      retryAfter: "5",
    });
  });

  it("TOK-2 lets no cache keep a refusal", async () => {
    const { headers } = await ask(verifies({}), bearer);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("logs why, and nothing of the token", async () => {
    const log = vi.fn();
    const guarded = onlyTheGateway(verifies({}), GATEWAY)(async () => new Response());
    await guarded(new Request("https://as.example/", { headers: bearer }), { ...call, log });
    expect(log).toHaveBeenCalledExactlyOnceWith("warn", "gateway_identity_refused", {
      reason: "another_identity",
    });
  });
});

describe("onlyTheGateway with real tokens", () => {
  let verify: EntraTokenVerifier;
  let sign: (claims: Record<string, unknown>, lifetime?: string) => Promise<string>;

  beforeAll(async () => {
    const keys = await generateKeyPair("RS256");
    const other = await generateKeyPair("RS256");
    verify = async (token) =>
      (await jwtVerify(token, keys.publicKey, { audience: "app", algorithms: ["RS256"] })).payload;
    sign = (claims, lifetime = "5m") =>
      new SignJWT({ aud: "app", oid: GATEWAY, ...claims })
        .setProtectedHeader({ alg: "RS256" })
        .setExpirationTime(lifetime)
        .sign(claims["forged"] ? other.privateKey : keys.privateKey);
  });

  it.each([
    ["a good one", {}, "5m", 204],
    ["one that has ended", {}, "-1s", 401],
    ["one for another audience", { aud: "other" }, "5m", 401],
    ["a forged one", { forged: true }, "5m", 401],
  ])("GW-6 takes %s for what it is", async (_, claims, lifetime, status) => {
    const token = await sign(claims, lifetime);
    expect(await ask(verify, { "x-gateway-authorization": `Bearer ${token}` })).toMatchObject({ status });
  });

  it("GW-6 refuses an unsigned token", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "none" })}.${part({ aud: "app", oid: GATEWAY })}.`;
    expect(await ask(verify, { "x-gateway-authorization": `Bearer ${token}` })).toMatchObject({
      status: 401,
    });
  });

  it.each([
    ["fails", 500, "{}"],
    ["answers what is no key set", 200, "{}"],
    ["answers what is no JSON", 200, "<html>"],
  ])("SES-4 answers 503 when the issuer's key endpoint %s", async (_, status, body) => {
    const issuer = createServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    const authorityHost = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const remote = entraTokenVerifier({ authorityHost, tenantId: "t", clientId: "app" });
    const claims = { iss: `${authorityHost}/t/v2.0` };
    const headers = { "x-gateway-authorization": `Bearer ${await sign(claims)}` };
    expect(await ask(remote, headers)).toMatchObject({ status: 503, reached: 0 });
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
    expect(await ask(remote, headers)).toMatchObject({ status: 503, reached: 0 });
  });
});
