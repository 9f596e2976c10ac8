import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { endpoints } from "../../endpoints.ts";
import { formRequest, makeCall } from "../../testing/calls.ts";
import { makeDependencies } from "../../testing/dependencies.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { begin, GRANT, REDIRECT_URI, useSessions, VERIFIER } from "../../testing/sessions.ts";

const ID = "https://client.example/client.json";
const JWKS_URI = "https://client.example/jwks.json";
const document = { client_id: ID, client_name: "Client", redirect_uris: [REDIRECT_URI] };

const sessions = useSessions();
let host: DocumentHost;
let key: CryptoKey;
let jwks: object;
beforeAll(async () => {
  host = await startDocumentHost();
  const pair = await generateKeyPair("ES256");
  key = pair.privateKey;
  jwks = { keys: [await exportJWK(pair.publicKey)] };
});
afterAll(async () => {
  await host.stop();
});
beforeEach(() => {
  host.received.length = 0;
});

/** The host answers with this document, and with the key set where that is. */
function publish(members: object) {
  host.answer = (request, response) =>
    answering(request.url === "/jwks.json" ? jwks : { ...document, ...members })(request, response);
}

async function redeem(members: object, more: Readonly<Record<string, string>> = {}) {
  publish(members);
  const { code } = await begin(sessions.instance(), { client: { ...GRANT.client, id: ID } });
  sessions.store.operations();
  const form = {
    grant_type: "authorization_code",
    client_id: ID,
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
    ...more,
  };
  const dependencies = makeDependencies(sessions, {}, {}, host.network);
  const call = makeCall();
  const response = await endpoints(dependencies).token(formRequest("/token", form), call);
  return { status: response.status, body: await response.json(), lines: call.lines };
}

async function assertion() {
  const now = sessions.clock.now();
  const claims = { iss: ID, sub: ID, aud: "https://gw.example", jti: `${Math.random()}`, exp: now + 60 };
  return {
    client_assertion: await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key),
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}

describe("POST /token of a client with a document", () => {
  it("CLI-3 serves a public one, whose session has the URL for its client's ID", async () => {
    const { status } = await redeem({});
    expect(status).toBe(200);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it.each([
    ["elsewhere", () => ({ jwks_uri: JWKS_URI })],
    ["in the document", () => ({ jwks })],
  ])("CLI-3 serves one with private_key_jwt whose keys are %s, and refuses it without", async (_, keys) => {
    const members = { token_endpoint_auth_method: "private_key_jwt", ...keys() };
    expect(await redeem(members, await assertion())).toMatchObject({ status: 200 });
    expect(await redeem(members)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await redeem(members, { client_secret: "x" })).toMatchObject({ status: 401 });
  });

  it("CLI-3 CLI-7 refuses one whose document is gone or says something else now", async () => {
    expect(await redeem({ client_id: "https://client.example/other" })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  });

  it("SES-4 asks for patience when the keys cannot be had now, and changes nothing", async () => {
    const members = { token_endpoint_auth_method: "private_key_jwt", jwks_uri: JWKS_URI };
    const shown = await assertion();
    const { code } = await begin(sessions.instance(), { client: { ...GRANT.client, id: ID } });
    host.answer = (request, response) =>
      request.url === "/jwks.json"
        ? response.writeHead(503).end()
        : answering({ ...document, ...members })(request, response);
    const form = { grant_type: "authorization_code", client_id: ID, code, code_verifier: VERIFIER, ...shown };
    const endpoint = endpoints(makeDependencies(sessions, {}, {}, host.network)).token;
    sessions.store.operations();
    const response = await endpoint(formRequest("/token", form), makeCall());
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(sessions.store.operations()).toEqual({});
  });
});
