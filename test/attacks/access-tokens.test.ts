import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, type JWK } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { selfSignedCertificate } from "../../twin/tls/certificate.ts";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { resign, signingKeyOf, type TokenChanges } from "../support/signing-key.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const backend = useRecordingBackend();
const twin = useOwnTwin(
  () => {
    const notes = notesServer(backend);
    // Its path begins like the other's.
    const lookalike = { ...notes, name: "lookalike", path: "/notes/mcp-other" };
    return { servers: [...shippedConfig.servers, notes, lookalike] };
  },
  { recordIssued: true },
);
let notesUrl: string;
let client: OAuthClient;
let tokens: Tokens;
let ourKey: JWK;
let theirKey: JWK;

beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), "Mira Okafor", { resource: notesUrl });
  ourKey = await signingKeyOf(twin);
  theirKey = await exportJWK((await generateKeyPair("RS256", { extractable: true })).privateKey);
});

beforeEach(() => backend.forget());

const call = (token: string, url: string = notesUrl) => client.callTool(url, token, "anything");

async function expectRefusal(token: string, url: string = notesUrl): Promise<void> {
  const { status, headers } = await call(token, url);
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toContain('error="invalid_token"');
  expect(backend.requests).toEqual([]);
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsPart = () => tokens.accessToken.split(".")[1] ?? "";
const encoded = (json: string) => Buffer.from(json).toString("base64url");

/** What no library would sign. @param header as it stands, where it is a text */
function signedByHand(header: object | string, jwk: JWK, claims = claimsPart()): string {
  const input = `${encoded(typeof header === "string" ? header : JSON.stringify(header))}.${claims}`;
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return `${input}.${sign("RSA-SHA256", Buffer.from(input), key).toString("base64url")}`;
}

const seconds = () => Math.floor(Date.now() / 1000);

it("takes its own token, and one that is ours in everything", async () => {
  expect((await call(tokens.accessToken)).status).toBe(200);
  expect((await call(await resign(tokens.accessToken, ourKey))).status).toBe(200);
});

describe("GW-1 refuses a token signed by nobody or by somebody else", () => {
  it.each(["none", "None", "NONE", "nOnE"])("alg %s", async (alg) => {
    for (const signature of ["", tokens.accessToken.split(".")[2]]) {
      await expectRefusal(
        `${base64url({ alg, typ: "at+jwt", kid: ourKey.kid })}.${claimsPart()}.${signature}`,
      );
    }
  });

  it("HS256 with our public key as the secret", async () => {
    const publicKey = createPublicKey(createPrivateKey({ key: ourKey, format: "jwk" }));
    for (const secret of [await exportSPKI(publicKey), String(ourKey.n)]) {
      const symmetric = { kty: "oct", k: Buffer.from(secret).toString("base64url") };
      await expectRefusal(await resign(tokens.accessToken, symmetric, { header: { alg: "HS256" } }));
    }
  });

  /** Of a key of its own: nobody here may look at it. */
  const theirCertificate = () =>
    selfSignedCertificate(["localhost"]).certificate.replace(/-----[^-]+-----|\s/g, "");
  const publicHalf = () => ({ kty: theirKey.kty, n: theirKey.n, e: theirKey.e, kid: "theirs" });
  it.each<[string, () => TokenChanges["header"]]>([
    ["another key under our kid", () => ({})],
    ["another key under its own kid", () => ({ kid: "theirs" })],
    ["another key and no kid", () => ({ kid: undefined })],
    ["another key that it brings along (jwk)", () => ({ kid: "theirs", jwk: publicHalf() })],
    ["another key that it brings along under our kid", () => ({ jwk: publicHalf() })],
    ["another key that it links to (jku)", () => ({ kid: "theirs", jku: `${backend.url}/keys` })],
    ["another key that it links to (x5u)", () => ({ kid: "theirs", x5u: `${backend.url}/keys` })],
    ["a kid that is a path", () => ({ kid: "../../../../dev/null" })],
    ["a kid that is a query", () => ({ kid: "' OR 1=1 --" })],
    ["a kid that is a URL", () => ({ kid: `${backend.url}/keys` })],
    ["a kid that is huge", () => ({ kid: "k".repeat(9_000) })],
    ["a kid that is empty", () => ({ kid: "" })],
    ["a kid that names a property of every object", () => ({ kid: "__proto__" })],
    ["a kid in another case, as of another version of our key", () => ({ kid: ourKey.kid?.toUpperCase() })],
    ["a kid that goes on behind ours", () => ({ kid: `${ourKey.kid}/../theirs` })],
    ["a certificate that it brings along (x5c)", () => ({ kid: "theirs", x5c: [theirCertificate()] })],
    ["a certificate under our kid", () => ({ x5c: [theirCertificate()], x5t: ourKey.kid })],
  ])("%s", async (_, header) => {
    await expectRefusal(await resign(tokens.accessToken, theirKey, { header: header() ?? {} }));
  });

  it("another key under extensions that change how it is read (crit, b64)", async () => {
    const header = { alg: "RS256", typ: "at+jwt", kid: ourKey.kid };
    for (const extension of [
      { crit: ["b64"], b64: false },
      { b64: false },
      { crit: [] },
      { crit: ["alg"] },
    ]) {
      await expectRefusal(signedByHand({ ...header, ...extension }, theirKey));
    }
  });

  it("a kid that is no text, under whichever key", async () => {
    for (const kid of [null, 0, true, [ourKey.kid], { kid: ourKey.kid }]) {
      await expectRefusal(signedByHand({ alg: "RS256", typ: "at+jwt", kid }, theirKey));
    }
  });

  it("a header or claims with a member twice, whichever of the two is good", async () => {
    const kid = JSON.stringify(ourKey.kid);
    for (const header of [
      `{"alg":"RS256","alg":"none","typ":"at+jwt","kid":${kid}}`,
      `{"alg":"none","alg":"RS256","typ":"at+jwt","kid":${kid}}`,
      `{"alg":"RS256","typ":"at+jwt","kid":${kid},"kid":"theirs"}`,
      `{"alg":"RS256","typ":"at+jwt","kid":"theirs","kid":${kid}}`,
    ]) {
      await expectRefusal(signedByHand(header, theirKey));
      await expectRefusal(`${encoded(header)}.${claimsPart()}.`);
    }
    const { aud: _, ...claims } = JSON.parse(Buffer.from(claimsPart(), "base64url").toString("utf8"));
    const rest = JSON.stringify(claims).slice(1);
    const header = { alg: "RS256", typ: "at+jwt", kid: ourKey.kid };
    const twice = `{"aud":${JSON.stringify(notesUrl)},"aud":${JSON.stringify(twin.mcpUrl)},${rest}`;
    await expectRefusal(signedByHand(header, ourKey, encoded(twice)));
  });

  it("a changed claim under our signature", async () => {
    const [header, , signature] = tokens.accessToken.split(".");
    const claims = JSON.parse(Buffer.from(claimsPart(), "base64url").toString("utf8"));
    await expectRefusal(
      `${header}.${base64url({ ...claims, scope: `${claims.scope} notes.write` })}.${signature}`,
    );
  });

  it("a token with its signature cut off or altered", async () => {
    const [header, claims, signature = ""] = tokens.accessToken.split(".");
    const altered = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    for (const last of ["", signature.slice(0, -4), altered])
      await expectRefusal(`${header}.${claims}.${last}`);
    await expectRefusal(`${header}.${claims}`);
    await expectRefusal(`${tokens.accessToken}.${signature}`);
  });
});

describe("GW-1 refuses a token that we signed for something else", () => {
  it.each<[string, () => TokenChanges]>([
    ["expired", () => ({ claims: { exp: seconds() - 1, iat: seconds() - 3601 } })],
    ["without an end", () => ({ claims: { exp: undefined } })],
    ["with an end that is no number", () => ({ claims: { exp: "tomorrow" } })],
    ["not valid yet", () => ({ claims: { nbf: seconds() + 600 } })],
    ["of another issuer", () => ({ claims: { iss: "https://elsewhere.example" } })],
    ["of an issuer that begins like ours", () => ({ claims: { iss: `${twin.origin}/` } })],
    ["of no issuer", () => ({ claims: { iss: undefined } })],
    ["of the type JWT", () => ({ header: { typ: "JWT" } })],
    ["of no type", () => ({ header: { typ: undefined } })],
    ["of the type of a logout token", () => ({ header: { typ: "logout+jwt" } })],
    ["with a critical extension", () => ({ header: { crit: ["exp"], exp: 1 } })],
    ["with a critical extension that nobody knows", () => ({ header: { crit: ["x"], x: 1 } })],
  ])("%s", async (_, changes) => {
    const { header, claims } = changes();
    // The library signs no `crit` that it does not know, so that this one goes in by hand.
    const token =
      header && "crit" in header
        ? signedByHand({ alg: "RS256", typ: "at+jwt", kid: ourKey.kid, ...header }, ourKey)
        : await resign(tokens.accessToken, ourKey, { header: header ?? {}, claims: claims ?? {} });
    await expectRefusal(token);
  });

  it.each<[string, () => unknown]>([
    ["another server", () => twin.mcpUrl],
    ["a server whose path begins like this one's", () => `${notesUrl}-other`],
    ["a path above", () => `${twin.origin}/notes`],
    ["the whole gateway", () => twin.origin],
    ["this path and a slash", () => `${notesUrl}/`],
    ["this path with a query", () => `${notesUrl}?a=1`],
    ["this path at another host", () => "https://elsewhere.example/notes/mcp"],
    ["a list without this server", () => [twin.mcpUrl, twin.origin]],
    ["an empty list", () => []],
    ["nobody", () => undefined],
  ])("TOK-9 for %s", async (_, audience) => {
    await expectRefusal(await resign(tokens.accessToken, ourKey, { claims: { aud: audience() } }));
  });

  it("TOK-9 for the server whose path this server's begins like", async () => {
    await expectRefusal(tokens.accessToken, `${notesUrl}-other`);
    await expectRefusal(tokens.accessToken, twin.mcpUrl);
  });

  it("TOK-9 takes an audience that is a list with this server in it", async () => {
    const aud = ["https://elsewhere.example", notesUrl];
    expect((await call(await resign(tokens.accessToken, ourKey, { claims: { aud } }))).status).toBe(200);
  });

  it("TOK-9 for another session or person than the store has together", async () => {
    const other = await client.signIn(new Person(twin), "Jonas Lindqvist", { resource: notesUrl });
    const sub = other.refreshToken.split(".")[1];
    const graph = await client.signIn(new Person(twin), "Mira Okafor");
    const sid = graph.refreshToken.split(".")[2];
    for (const claims of [
      { sub, jti: "x" },
      { sid },
      { sid: "A".repeat(22) },
      { sid: "../x" },
      { sid: undefined },
    ]) {
      twin.gateway.cache.clear();
      const { status } = await call(await resign(tokens.accessToken, ourKey, { claims }));
      expect(status).not.toBe(200);
      expect(backend.requests).toEqual([]);
    }
  });

  it("TOK-10 without the scopes that the server requires", async () => {
    for (const scope of [
      "",
      "offline_access",
      "notes.list",
      "notes.list,notes.read",
      "NOTES.LIST NOTES.READ",
    ]) {
      const { status } = await call(await resign(tokens.accessToken, ourKey, { claims: { scope } }));
      expect(status).toBe(403);
    }
    expect(
      (await call(await resign(tokens.accessToken, ourKey, { claims: { scope: undefined } }))).status,
    ).toBe(403);
    expect(backend.requests).toEqual([]);
  });
});

describe("TOK-9 refuses what is no access token of ours at all", () => {
  it("an Entra access token, id token or managed identity token", async () => {
    const jwts = twin.entra.issued().filter((secret) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(secret));
    expect(jwts.length).toBeGreaterThan(3);
    for (const jwt of jwts) await expectRefusal(jwt);
  });

  it("a refresh token, a code, a client ID", async () => {
    const { code } = await client.authorize(new Person(twin), "Mira Okafor", { resource: notesUrl });
    for (const token of [tokens.refreshToken, code, client.id]) await expectRefusal(token);
  });

  it("a client's assertion, a registration access token, or an access token of another gateway", async () => {
    const claims = { iss: client.id, sub: client.id, aud: [twin.origin, notesUrl], jti: "1" };
    const header = { alg: "RS256", typ: "at+jwt", kid: "theirs" };
    const signed = (more: object) =>
      signedByHand(header, theirKey, base64url({ ...claims, exp: seconds() + 60, ...more }));
    const own = tokens.accessToken.split(".")[1] ?? "";
    const registered = await send(`${twin.origin}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: ["http://localhost/callback"] }),
    });
    const management = String(registered.json["registration_access_token"]);
    expect(management.length).toBeGreaterThan(20);
    for (const token of [
      signed({}),
      signed({ iss: twin.origin }),
      signedByHand(header, theirKey, own),
      management,
    ]) {
      await expectRefusal(token);
    }
  });

  it("an access token of ours at any endpoint that wants another kind", async () => {
    const { accessToken } = tokens;
    const grant = { client_id: client.id, redirect_uri: client.redirectUri, code_verifier: "v".repeat(43) };
    const assertion = {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: accessToken,
    };
    const form = (fields: Record<string, string>) => client.post("/token", new URLSearchParams(fields));
    const answers = [
      await form({ grant_type: "authorization_code", code: accessToken, ...grant }),
      await form({ grant_type: "refresh_token", refresh_token: accessToken, client_id: client.id }),
      await form({ grant_type: "refresh_token", refresh_token: tokens.refreshToken, ...assertion }),
      await send(`${twin.origin}/register/${client.id}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      }),
      await send(`${twin.authorizationServer.url}/internal/session-token`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${accessToken}`,
          "x-gateway-authorization": `Bearer ${accessToken}`,
        },
      }),
    ];
    expect(answers.map(({ status, json }) => [status, json["error"]])).toEqual([
      [400, "invalid_grant"],
      [400, "invalid_grant"],
      [401, "invalid_client"],
      [401, "invalid_token"],
      [401, "invalid_token"],
    ]);
  });
});

describe("GW-1 takes a token from the Authorization header only", () => {
  const post = (url: string, init: RequestInit) =>
    send(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}", ...init });

  it("not from the query string, the body, a cookie or another header", async () => {
    const { accessToken } = tokens;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answers = [
      await post(`${notesUrl}?access_token=${accessToken}`, {}),
      await post(notesUrl, { headers: form, body: `access_token=${accessToken}` }),
      await post(notesUrl, { headers: { cookie: `access_token=${accessToken}` } }),
      await post(notesUrl, { headers: { "x-authorization": `Bearer ${accessToken}` } }),
      await post(notesUrl, { headers: { "proxy-authorization": `Bearer ${accessToken}` } }),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBe(401);
      expect(headers.get("www-authenticate")).toMatch(/^Bearer resource_metadata=/);
    }
    expect(backend.requests).toEqual([]);
  });

  it("not by another scheme, and not from a list of tokens", async () => {
    const { accessToken } = tokens;
    for (const authorization of [
      accessToken,
      `Basic ${accessToken}`,
      `DPoP ${accessToken}`,
      `Bearer ${accessToken}, Bearer ${accessToken}`,
      `Bearer ${accessToken} more`,
      `Bearer Bearer ${accessToken}`,
    ]) {
      expect((await post(notesUrl, { headers: { authorization } })).status).toBe(401);
    }
    expect(backend.requests).toEqual([]);
  });

  it("and passes no token from the query string on to the backend", async () => {
    const authorization = `Bearer ${tokens.accessToken}`;
    const url = `${notesUrl}?access_token=${tokens.accessToken}&page=2`;
    expect((await post(url, { headers: { authorization } })).status).toBe(200);
    expect(backend.requests.map((request) => request.url)).toEqual(["/mcp?page=2"]);
  });
});
