import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Network } from "../../functions/authorization-server/clients/guarded-fetch/network.ts";
import { isPublicAddress } from "../../functions/authorization-server/clients/guarded-fetch/public-address.ts";
import { endpoints } from "../../functions/authorization-server/endpoints.ts";
import { formRequest, makeCall } from "../../functions/authorization-server/testing/calls.ts";
import { makeDependencies } from "../../functions/authorization-server/testing/dependencies.ts";
import {
  answering,
  type DocumentHost,
  startDocumentHost,
} from "../../functions/authorization-server/testing/document-host.ts";
import { ISSUER } from "../../functions/authorization-server/testing/gateway.ts";
import {
  begin,
  GRANT,
  REDIRECT_URI,
  useSessions,
  VERIFIER,
} from "../../functions/authorization-server/testing/sessions.ts";
import { OAuthClient } from "../support/oauth-client.ts";

/**
 * Server-side request forgery by hosts and name servers of an attacker's, on the endpoints' own code in one process: a host
 * on loopback stands for a public one, and every other address is what it is.
 */
const ID = "https://client.example/client.json";
const KEYS_URL = "https://keys.client.example/jwks.json";
const PUBLIC = "127.0.0.1";
const DAY = 24 * 3600;

const document = { client_id: ID, client_name: "Client", redirect_uris: [REDIRECT_URI] };
const withKeys = { ...document, token_endpoint_auth_method: "private_key_jwt", jwks_uri: KEYS_URL };

const sessions = useSessions();
let host: DocumentHost;
let jwks: object;
let assertion: () => Promise<string>;

beforeAll(async () => {
  host = await startDocumentHost();
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  jwks = { keys: [await exportJWK(publicKey)] };
  let count = 0;
  assertion = () =>
    new SignJWT({ iss: ID, sub: ID, aud: ISSUER, jti: String(count++), exp: sessions.clock.now() + 60 })
      .setProtectedHeader({ alg: "ES256" })
      .sign(privateKey);
});

afterAll(async () => {
  await host?.stop();
});

beforeEach(() => {
  host.answer = answering(document);
  host.received.length = 0;
});

/** The endpoints of a new instance, whose name server says this. */
function instance(resolve: (name: string) => readonly string[]) {
  const network: Network = {
    ...host.network,
    resolve: async (name) => resolve(name),
    mayReach: (address) => address === PUBLIC || isPublicAddress(address),
  };
  const { authorize, token, register } = endpoints(makeDependencies(sessions, {}, {}, network));
  return {
    async authorize() {
      const { url } = new OAuthClient(ISSUER, ID, REDIRECT_URI).authorizationRequest();
      const response = await authorize(new Request(url), makeCall());
      return {
        status: response.status,
        location: response.headers.get("location"),
        text: await response.text(),
      };
    },
    async token() {
      const { code } = await begin(sessions.instance(), { client: { ...GRANT.client, id: ID } });
      const form = {
        grant_type: "authorization_code",
        client_id: ID,
        code,
        redirect_uri: REDIRECT_URI,
        code_verifier: VERIFIER,
        client_assertion: await assertion(),
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      };
      const response = await token(formRequest("/token", form), makeCall());
      return { status: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> };
    },
    async register(jwksUri: string) {
      const body = JSON.stringify({
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "private_key_jwt",
        jwks_uri: jwksUri,
      });
      const headers = { "content-type": "application/json" };
      const request = new Request(`${ISSUER}/register`, { method: "POST", headers, body });
      const response = await register(request, makeCall());
      return { status: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> };
    },
  };
}

const INSIDE = [
  ["127.0.0.2", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "168.63.129.16", "100.64.0.1"],
  ["0.0.0.0", "::", "::1", "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::7f00:1"],
  ["64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2001:0:53aa:64c::1", "fec0::1", "ff02::1"],
].flat();

describe("server-side request forgery by DNS", () => {
  it.each(INSIDE)(
    "CLI-4 CLI-15 is refused where the name of a document leads inside, as if it led nowhere, alone or among others: %s",
    async (inside) => {
      const nowhere = await instance(() => []).authorize();
      expect([nowhere.status, nowhere.location]).toEqual([503, null]);
      for (const answer of [
        [inside],
        [PUBLIC, inside],
        [inside, PUBLIC],
        ["1.1.1.1", "2606:4700::1111", inside],
      ]) {
        expect(await instance(() => answer).authorize()).toEqual(nowhere);
      }
      expect(host.received).toEqual([]);
    },
  );

  it.each(INSIDE)(
    "CLI-4 CLI-15 is refused where the name of its keys leads inside, as if it led nowhere: %s",
    async (inside) => {
      host.answer = answering(withKeys);
      const nowhere = await instance((name) => (name === "client.example" ? [PUBLIC] : [])).token();
      expect([nowhere.status, nowhere.json["error"]]).toEqual([503, "temporarily_unavailable"]);
      host.received.length = 0;
      const answer = await instance((name) => [name === "client.example" ? PUBLIC : inside]).token();
      expect(answer).toEqual(nowhere);
      expect(host.received.map(({ path }) => path)).toEqual(["/client.json"]);
    },
  );

  it("CLI-4 is refused when the name leads elsewhere from one look to the next (DNS rebinding)", async () => {
    const answers = [[PUBLIC], ["169.254.169.254"], [PUBLIC]];
    const asked: string[] = [];
    const rebinding = instance((name) => {
      asked.push(name);
      return answers.shift() ?? [];
    });
    expect((await rebinding.authorize()).status).toBe(200);
    expect(asked).toHaveLength(1);
    sessions.clock.advance(DAY + 1);
    expect((await rebinding.authorize()).status).toBe(503);
    expect(asked).toHaveLength(2);
    expect(host.received).toHaveLength(1);
  });

  it("CLI-4 is refused when the keys' name leads inside once the document was read", async () => {
    host.answer = (request, response) =>
      answering(request.url === "/jwks.json" ? jwks : withKeys)(request, response);
    let keysAt = PUBLIC;
    const rebinding = instance((name) => [name === "client.example" ? PUBLIC : keysAt]);
    expect((await rebinding.token()).status).toBe(200);
    keysAt = "10.0.0.1";
    sessions.clock.advance(301);
    expect((await rebinding.token()).status).toBe(503);
    expect(host.received.filter(({ path }) => path === "/jwks.json")).toHaveLength(1);
  });
});

describe("server-side request forgery by what is written", () => {
  it.each([
    "http://client.example/jwks.json",
    "https://127.0.0.1/jwks.json",
    "https://[::1]/jwks.json",
    "https://[::ffff:169.254.169.254]/latest",
    "https://2130706433/jwks.json",
    "https://localhost/jwks.json",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://client.example@169.254.169.254/jwks.json",
    "https://client.example:8443/jwks.json",
    "file:///etc/passwd",
    "data:application/json,{}",
  ])("CLI-4 is refused as the place of a client's keys at registration: %s", async (url) => {
    const { status, json } = await instance(() => [PUBLIC]).register(url);
    expect([status, json["error"]]).toEqual([400, "invalid_client_metadata"]);
    expect(host.received).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])(
    "CLI-4 is refused as a redirect, to a document or to keys: %i",
    async (status) => {
      const location = "https://169.254.169.254/metadata/identity/oauth2/token";
      host.answer = (_, response) => response.writeHead(status, { location }).end();
      expect((await instance(() => [PUBLIC]).authorize()).status).toBe(400);
      host.answer = (request, response) =>
        request.url === "/jwks.json"
          ? response.writeHead(status, { location }).end()
          : answering(withKeys)(request, response);
      expect((await instance(() => [PUBLIC]).token()).status).toBe(401);
      expect(host.received.map(({ path }) => path)).toEqual(["/client.json", "/client.json", "/jwks.json"]);
    },
  );
});

describe("a hostile document or key set", () => {
  const nested = (depth: number, inner = "") => `${"[".repeat(depth)}${inner}${"]".repeat(depth)}`;
  const text = JSON.stringify(document).slice(0, -1);
  const raw =
    (body: string): DocumentHost["answer"] =>
    (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(body);

  it.each<[string, string, number]>([
    ["deeply nested", nested(2_500), 400],
    ["deeply nested and never closed", "[".repeat(5_000), 400],
    ["deeply nested in a member that we read", `{"client_id":"${ID}","redirect_uris":${nested(2_400)}}`, 400],
    ["deeply nested in a member that we do not read", `${text},"x":${nested(2_400)}}`, 200],
    [
      "with a member twice, of which the last is another's",
      `${text},"client_id":"https://evil.example/c"}`,
      400,
    ],
    ["with a prototype", `${text},"__proto__":{"redirect_uris":["https://evil.example/cb"]}}`, 200],
    [
      "with more redirect URIs than anybody has",
      `{"client_id":"${ID}","redirect_uris":${JSON.stringify(Array(300).fill("x:y"))}}`,
      400,
    ],
    ["too large", `${text},"x":"${"x".repeat(6_000)}"}`, 400],
    ["with a secret", `${text},"client_secret":"x"}`, 400],
  ])("CLI-3 CLI-4 is no more than refused at /authorize: %s", async (_, body, status) => {
    host.answer = raw(body);
    expect((await instance(() => [PUBLIC]).authorize()).status).toBe(status);
  });

  it.each<[string, string]>([
    ["deeply nested", nested(16_000)],
    ["deeply nested in a key", `{"keys":[{"kty":"EC","x":${nested(15_000)}}]}`],
    ["of a thousand keys", `{"keys":[${Array(1_000).fill('{"kty":"EC"}').join()}]}`],
    ["without end", `{"keys":[${" ".repeat(33_000)}]}`],
    ["with a shared key", '{"keys":[{"kty":"oct","k":"AAAA"}]}'],
  ])("CLI-4 CLI-5 is no more than refused at /token: keys %s", async (_, body) => {
    host.answer = (request, response) =>
      (request.url === "/jwks.json" ? raw(body) : answering(withKeys))(request, response);
    expect((await instance(() => [PUBLIC]).token()).status).toBe(401);
  });
});
