import { createHash, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, send, tokensOf } from "../support/oauth-client.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useOwnTwin } from "../support/use-twin.ts";

// A request whose client the gateway cannot name counts for no client's limit, so it must get nothing as any client.

const MIRA = "Mira Okafor";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
/** In base64 it has a "+", which base64url writes as "-". */
const SECRET = "s3cret~~~";

let key: CryptoKey;
const twin = useOwnTwin(async () => {
  const pair = await generateKeyPair("ES256");
  key = pair.privateKey;
  const client = { name: "Partner", redirectUris: ["http://localhost:9999/callback"] };
  const secretHash = createHash("sha256").update(SECRET).digest("base64url");
  return {
    clients: [
      { ...client, id: "secret", auth: { secretHash } },
      { ...client, id: "key", auth: { jwks: { keys: [{ ...(await exportJWK(pair.publicKey)) }] } } },
    ],
  };
});
let open: OAuthClient;

beforeAll(async () => {
  open = await OAuthClient.register(twin.origin);
});

const refreshForm = (fields: Readonly<Record<string, string>>) =>
  new URLSearchParams({ grant_type: "refresh_token", refresh_token: "guessed", ...fields });

/** The answer to a client that was let in: its guessed token is not a good one. */
const LET_IN = [400, "invalid_grant"];

async function ask(form: URLSearchParams, headers: Readonly<Record<string, string>> = {}) {
  const { status, json } = await send(`${twin.origin}/token`, { method: "POST", headers, body: form });
  return [status, json["error"]];
}

/** Posts a form in chunks, without saying how long it is. */
function inChunks(path: string, form: URLSearchParams, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<{ status: number; json: Readonly<Record<string, unknown>> }>((resolve, reject) => {
    const outgoing = httpRequest(
      `${twin.origin}${path}`,
      {
        method: "POST",
        headers: { ...FORM, "transfer-encoding": "chunked", ...headers },
        signal: AbortSignal.timeout(PATIENCE_MS),
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString()) });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(form.toString());
  });
}

describe("HTTP Basic that the gateway cannot read", () => {
  const base64 = Buffer.from(`secret:${SECRET}`).toString("base64");

  it("GW-7 CLI-5 lets the client in as RFC 7617 writes it", async () => {
    expect(base64).toContain("+");
    expect(await ask(refreshForm({}), { authorization: `Basic ${base64}` })).toEqual(LET_IN);
    expect(await ask(refreshForm({}), { authorization: `basic  ${base64}` })).toEqual(LET_IN);
  });

  it.each([
    ["in base64url", `Basic ${base64.replaceAll("+", "-")}`],
    ["without padding", `Basic ${Buffer.from(`secret:${SECRET}!`).toString("base64").replaceAll("=", "")}`],
    ["with too much padding", `Basic ${base64}====`],
    ["with something behind it", `Basic ${base64} x`],
    ["with a comma behind it", `Basic ${base64}, Basic ${base64}`],
    ["without credentials", "Basic"],
    ["without a colon", `Basic ${btoa("secret")}`],
    ["in no base64 at all", "Basic !!!"],
  ])("GW-7 CLI-5 is refused, whatever else the request has: %s", async (_, authorization) => {
    for (const form of [refreshForm({}), refreshForm({ client_id: open.id })]) {
      const answer = await send(`${twin.origin}/token`, {
        method: "POST",
        headers: { authorization },
        body: form,
      });
      expect([answer.status, answer.json["error"]]).toEqual([401, "invalid_client"]);
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="token"');
    }
  });
});

describe("a form that the gateway cannot read", () => {
  const REFUSED = { status: 400, json: { error: "invalid_request" } };

  it("GW-7 gets nothing in the name of a client in chunks, without its length, and its code stays good", async () => {
    const { request, code } = await open.authorize(new Person(twin), MIRA);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: open.id,
      code,
      redirect_uri: request.redirectUri,
      code_verifier: request.verifier,
    });
    const refused = await inChunks("/token", form);
    expect(refused).toMatchObject(REFUSED);
    expect(refused.json["error_description"]).toContain("Content-Length");
    expect((await open.redeem(request, code)).status).toBe(200);
  });

  it("GW-7 ends no session at /revoke", async () => {
    const { refreshToken } = await open.signIn(new Person(twin), MIRA);
    const form = new URLSearchParams({ client_id: open.id, token: refreshToken });
    expect(await inChunks("/revoke", form)).toMatchObject(REFUSED);
    expect((await open.refresh(refreshToken)).status).toBe(200);
  });

  it("GW-7 may come in chunks where the client names itself by HTTP Basic", async () => {
    const authorization = `Basic ${btoa(`secret:${SECRET}`)}`;
    expect(await inChunks("/token", refreshForm({}), { authorization })).toMatchObject({
      json: { error: "invalid_grant" },
    });
  });

  it.each([
    ["the client", () => open.id],
    ["another client", () => "secret"],
    ["nobody", () => ""],
  ])("GW-7 is not read by what the client says that the gateway counted: %s", async (_, named) => {
    const headers = { "x-counted-client": named() };
    expect(await inChunks("/token", refreshForm({ client_id: open.id }), headers)).toMatchObject(REFUSED);
    expect(await ask(refreshForm({ client_id: open.id }), headers)).toEqual(LET_IN);
  });

  it.each(["X-Counted-Client", "close, x-counted-client"])(
    "GW-7 gets no more by having the gateway's word taken away: Connection: %s",
    async (connection) => {
      const form = refreshForm({ client_id: open.id });
      const headers = { connection, "x-counted-client": open.id };
      expect(await inChunks("/token", form, headers)).toMatchObject(REFUSED);
      const whole = { method: "POST", headers: { ...FORM, ...headers }, body: form.toString() };
      const { status, text } = await rawRequest(twin.origin, "/token", whole);
      expect([status, JSON.parse(text).error]).toEqual(LET_IN);
    },
  );
});

describe("an assertion", () => {
  async function assertion() {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "key", sub: "key", aud: twin.origin, jti: randomUUID(), exp: now + 60 };
    return {
      client_assertion: await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    };
  }

  it("GW-7 CLI-5 names its client beside an empty client_id, as without one", async () => {
    expect(await ask(refreshForm(await assertion()))).toEqual(LET_IN);
    expect(await ask(refreshForm({ client_id: "", ...(await assertion()) }))).toEqual(LET_IN);
  });

  it("GW-7 CLI-5 signs nobody in whose form has no length", async () => {
    const { request, code } = await new OAuthClient(twin.origin, "key").authorize(new Person(twin), MIRA);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: request.redirectUri,
      code_verifier: request.verifier,
      ...(await assertion()),
    });
    expect((await inChunks("/token", form)).status).toBe(400);
    const redeemed = await new OAuthClient(twin.origin, "key").redeem(request, code, await assertion());
    expect(tokensOf(redeemed).accessToken).toBeDefined();
  });
});
