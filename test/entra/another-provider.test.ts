import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { decodeJwt } from "jose";
import { Events, OAuth2Server } from "oauth2-mock-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clouds } from "../../config/clouds.ts";
import { makeCircuit } from "../../functions/authorization-server/testing/circuit.ts";
import { failureOf } from "../../functions/authorization-server/testing/failure.ts";
import { entraUpstream } from "../../functions/authorization-server/upstream/entra.ts";
import { UpstreamError } from "../../functions/authorization-server/upstream/errors.ts";
import type { Upstream } from "../../functions/authorization-server/upstream/upstream.ts";
import { onBehalfOf } from "../../functions/graph-mcp/on-behalf-of.ts";
import { type EntraApplication, entraClients } from "../../functions/platform/entra.ts";

// Our side of Entra before a provider that we did not write: it checks PKCE, and issues and signs tokens, in its own way. What it is told
// here is where Entra's endpoints are, and what Entra's tokens say.

const TENANT = "6f1b0c1e-93a5-4d0e-8b4e-52f6a1c7d901";
const CLIENT = "a3c5e1d2-4b6f-4c88-9d17-0e2f4a6b8c10";
const SERVER = "b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20";
const USER = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";
const SCOPE = `api://${SERVER}/Mcp.Access`;
const CALLBACK = "http://localhost:8080/callback";
const ASSERTION = "the-managed-identitys-token";

let provider: OAuth2Server;
let app: EntraApplication;
let upstream: Upstream;
/** The forms that came to the token endpoint and were answered with tokens. */
let redeemed: Readonly<Record<string, unknown>>[] = [];
/** Claims of id tokens in place of good ones. */
let misissued: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  const paths = `/${TENANT}/oauth2/v2.0`;
  provider = new OAuth2Server(undefined, undefined, {
    endpoints: {
      authorize: `${paths}/authorize`,
      token: `${paths}/token`,
      jwks: `/${TENANT}/discovery/v2.0/keys`,
    },
  });
  await provider.issuer.keys.generate("RS256");
  provider.service.addRoute("GET", "/msi/token", (_request, response) => {
    response.setHeader("content-type", "application/json");
    const expires = Math.floor(Date.now() / 1000) + 86_400;
    response.end(
      JSON.stringify({ access_token: ASSERTION, expires_on: String(expires), token_type: "Bearer" }),
    );
  });
  await provider.start(0, "127.0.0.1");
  const { port } = provider.address() as AddressInfo;
  const authorityHost = `http://127.0.0.1:${port}`;
  provider.issuer.url = `${authorityHost}/${TENANT}/v2.0`;
  provider.service.on(Events.BeforeTokenSigning, ({ payload }) => {
    Object.assign(payload, { oid: USER, tid: TENANT, ver: "2.0", sub: "pairwise", uti: randomUUID() });
    // Only id tokens have an audience of the provider's own.
    const isIdToken = payload["aud"] !== undefined;
    Object.assign(payload, isIdToken ? misissued : { aud: SERVER, azp: CLIENT, roles: ["Mcp.User"] });
  });
  provider.service.on(Events.BeforeResponse, (answer, { body }) => {
    redeemed.push({ ...body });
    const client_info = Buffer.from(JSON.stringify({ uid: USER, utid: TENANT })).toString("base64url");
    if (answer.body !== "") Object.assign(answer.body, { client_info });
  });
  vi.stubEnv("IDENTITY_ENDPOINT", `${authorityHost}/msi/token`);
  vi.stubEnv("IDENTITY_HEADER", "header");
  app = {
    authorityHost,
    tenantId: TENANT,
    furtherTenantIds: [],
    clientId: CLIENT,
    managedIdentityClientId: "c1e2f3a4-0b1c-4d2e-8f30-415263748596",
    tokenExchangeAudience: clouds.public.tokenExchangeAudience,
  };
  upstream = entraUpstream(app, CALLBACK, makeCircuit());
});
beforeEach(() => {
  redeemed = [];
  misissued = {};
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await provider.stop();
});

/** Goes through the provider as a browser does, up to the code. */
async function approach() {
  const { url, request } = await upstream.startSignIn(SCOPE, "tro90l176.AAAAAAAAAAAAAAAAAAAAAA");
  const { headers } = await fetch(url, { redirect: "manual" });
  const back = new URL(headers.get("location") ?? "");
  expect(`${back.origin}${back.pathname}`).toBe(CALLBACK);
  expect(back.searchParams.get("state")).toBe("tro90l176.AAAAAAAAAAAAAAAAAAAAAA");
  return { code: back.searchParams.get("code") ?? "", request };
}

describe("with a provider that is not ours", () => {
  it("CAL-2 a code is redeemed with its verifier, and by the managed identity's token in place of a secret", async () => {
    const { code, request } = await approach();
    const { user, memberships } = await upstream.finishSignIn(code, [SCOPE], request);
    expect(user).toEqual({ objectId: USER, tenantId: TENANT });
    expect(memberships).toEqual(new Map([[SCOPE, { roles: ["Mcp.User"], groups: [] }]]));
    expect(redeemed).toEqual([
      expect.objectContaining({
        grant_type: "authorization_code",
        client_id: CLIENT,
        redirect_uri: CALLBACK,
        code_verifier: request.verifier,
        client_assertion: ASSERTION,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        scope: expect.stringContaining(SCOPE),
      }),
    ]);
    expect(redeemed[0]).not.toHaveProperty("client_secret");
    expect(redeemed[0]).not.toHaveProperty("resource");
  });

  it("CAL-2 another sign-in's verifier gets nothing, nor does a code a second time", async () => {
    const [one, other] = [await approach(), await approach()];
    const verifier = other.request.verifier;
    const stolen = await failureOf(upstream.finishSignIn(one.code, [SCOPE], { ...one.request, verifier }));
    expect(stolen).toBeInstanceOf(UpstreamError);
    await upstream.finishSignIn(other.code, [SCOPE], other.request);
    const again = await failureOf(upstream.finishSignIn(other.code, [SCOPE], other.request));
    expect(again).toBeInstanceOf(UpstreamError);
    expect(redeemed).toHaveLength(1);
  });

  it("CAL-2 another sign-in's nonce is refused, though the provider signed it", async () => {
    const { code, request } = await approach();
    const nonce = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    const failure = await failureOf(upstream.finishSignIn(code, [SCOPE], { ...request, nonce }));
    expect(failure).toMatchObject({ name: "UpstreamError", kind: "refused" });
  });

  it.each([
    ["audience", () => ({ aud: SERVER })],
    ["issuer", () => ({ iss: `${app.authorityHost}/organizations/v2.0` })],
    ["tenant", () => ({ tid: SERVER })],
    ["user, or none", () => ({ oid: undefined })],
  ])("CAL-2 an id token of another %s is refused, though the provider signed it", async (_, claims) => {
    const { code, request } = await approach();
    misissued = claims();
    const failure = await failureOf(upstream.finishSignIn(code, [SCOPE], request));
    expect(failure).toMatchObject({ name: "UpstreamError", kind: "refused" });
  });

  it("TOK-6 a refresh token gets a new access token, and the next refresh uses the new one", async () => {
    const { code, request } = await approach();
    const { tokens } = await upstream.finishSignIn(code, [SCOPE], request);
    const first = await upstream.accessToken(tokens, SCOPE, {});
    expect(decodeJwt(first.token)).toMatchObject({ aud: SERVER, oid: USER });
    expect(first.renewed).toBeDefined();
    const second = await upstream.accessToken(first.renewed ?? tokens, SCOPE, {});
    expect(second.token).not.toBe(first.token);
    expect(redeemed.map(({ grant_type }) => grant_type)).toEqual([
      "authorization_code",
      "refresh_token",
      "refresh_token",
    ]);
    const [, used, usedNext] = redeemed;
    expect(usedNext).toMatchObject({ client_id: CLIENT, client_assertion: ASSERTION });
    expect(usedNext?.["refresh_token"]).not.toBe(used?.["refresh_token"]);
  });

  it("an MCP server exchanges the user's token On-Behalf-Of them", async () => {
    const { code, request } = await approach();
    const { tokens } = await upstream.finishSignIn(code, [SCOPE], request);
    const { token } = await upstream.accessToken(tokens, SCOPE);
    const graph = onBehalfOf(entraClients({ ...app, clientId: SERVER }), [
      "https://graph.microsoft.com/User.Read",
    ]);
    const exchanged = await graph.token({ token, tenantId: TENANT });
    expect(decodeJwt(exchanged)).toMatchObject({ oid: USER });
    expect(exchanged).not.toBe(token);
    expect(redeemed.at(-1)).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      requested_token_use: "on_behalf_of",
      assertion: token,
      client_id: SERVER,
      client_assertion: ASSERTION,
      scope: expect.stringContaining("https://graph.microsoft.com/User.Read"),
    });
  });
});
