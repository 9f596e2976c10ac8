import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { type RawHeaders, rawAnswers, rawRequest } from "../support/raw-request.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

const { twin, backend } = useTwinWithNotes();
let tokens: Tokens;

beforeAll(async () => {
  const client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), "Mira Okafor", { resource: `${twin.origin}/notes/mcp` });
});

beforeEach(() => backend.forget());

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const OWN = "X-Gateway-Authorization";

/** Spellings and multiples of the gateway's own header, as a client may send them. */
const SMUGGLED: readonly [string, RawHeaders][] = [
  ["once", { [OWN]: "Bearer smuggled" }],
  ["twice", { [OWN]: ["Bearer smuggled", "Bearer again"] }],
  ["in lower case", { "x-gateway-authorization": "Bearer smuggled" }],
  ["in any case", { "X-gATEWAY-aUTHORIZATION": "Bearer smuggled" }],
  ["empty", { [OWN]: "" }],
  ["with underscores", { X_Gateway_Authorization: "Bearer smuggled" }],
  ["with underscores and dashes", { "X-Gateway_Authorization": "Bearer smuggled" }],
  ["named by Connection", { Connection: OWN, [OWN]: "Bearer smuggled" }],
  ["named by Connection, but not sent", { Connection: `close, ${OWN.toLowerCase()}` }],
  ["named by Connection beside Authorization", { Connection: `${OWN}, X-Correlation-Id` }],
];

describe("X-Gateway-Authorization smuggled in", () => {
  it.each(SMUGGLED)("GW-6 neither serves nor takes the gateway's own away: %s", async (_, headers) => {
    const options = { method: "POST", headers: { ...FORM, ...headers }, body: "grant_type=refresh_token" };
    const { status, text } = await rawRequest(twin.origin, "/token", options);
    expect([status, JSON.parse(text).error_description]).toEqual([400, "client_id is missing."]);
  });

  it.each(SMUGGLED)("GW-6 opens nothing at the authorization server itself: %s", async (_, headers) => {
    const options = { method: "POST", headers: { ...FORM, ...headers }, body: "grant_type=refresh_token" };
    expect((await rawRequest(twin.authorizationServer.url, "/token", options)).status).toBe(401);
  });

  it.each(SMUGGLED)(
    "GW-2 GW-6 never reaches a backend, which gets the user's token: %s",
    async (_, headers) => {
      const { status } = await rawRequest(twin.origin, "/notes/mcp", {
        method: "POST",
        headers: {
          authorization: `Bearer ${tokens.accessToken}`,
          "content-type": "application/json",
          ...headers,
        },
        body: "{}",
      });
      expect(status).toBe(200);
      const [received] = backend.requests;
      expect(Object.keys(received?.headers ?? {})).not.toContain("x-gateway-authorization");
      expect(received?.headers.authorization).toMatch(/^Bearer eyJ/);
      expect(received?.headers["x-correlation-id"]).toMatch(/^[0-9a-f-]{36}$/);
      expect(JSON.stringify(received)).not.toContain(tokens.accessToken);
    },
  );

  it("GW-2 cannot have the user's token left out, nor sent as another header (Connection, duplicate Authorization)", async () => {
    const authorization = `Bearer ${tokens.accessToken}`;
    const post = (headers: RawHeaders) =>
      rawRequest(twin.origin, "/notes/mcp", { method: "POST", headers, body: "{}" });
    await post({ authorization, connection: "Authorization" });
    await post({ authorization: [authorization, "Bearer smuggled"] });
    await post({ authorization: ["Bearer smuggled", authorization] });
    for (const { headers } of backend.requests) {
      expect(headers.authorization).toMatch(/^Bearer eyJ/);
      expect(headers.authorization).not.toContain("smuggled");
    }
  });
});

describe("a request hidden in another (request smuggling)", () => {
  const HIDDEN = "POST /internal/session-token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
  const head = (...lines: string[]) =>
    ["POST /token HTTP/1.1", "Host: localhost", ...lines, "", ""].join("\r\n");

  it.each<[string, string]>([
    [
      "both a length and chunks",
      `${head("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\n${HIDDEN}`,
    ],
    ["two lengths", `${head("Content-Length: 0", `Content-Length: ${HIDDEN.length}`)}${HIDDEN}`],
    ["a list of lengths", `${head(`Content-Length: 0, ${HIDDEN.length}`)}${HIDDEN}`],
    ["a signed length", `${head("Content-Length: +0")}${HIDDEN}`],
    ["a length in hexadecimal", `${head("Content-Length: 0x0")}${HIDDEN}`],
    ["a coding after chunks", `${head("Transfer-Encoding: chunked, identity")}0\r\n\r\n${HIDDEN}`],
    ["an unknown coding", `${head("Transfer-Encoding: xchunked")}0\r\n\r\n${HIDDEN}`],
    ["a blank before the colon", `${head("Transfer-Encoding : chunked")}0\r\n\r\n${HIDDEN}`],
    ["a folded header", `${head("Transfer-Encoding:\r\n chunked", "Content-Length: 0")}0\r\n\r\n${HIDDEN}`],
    [
      "a bare line feed",
      `${head("X: y\nTransfer-Encoding: chunked", "Content-Length: 0")}0\r\n\r\n${HIDDEN}`,
    ],
    [
      "a bare carriage return",
      `${head("X: y\rTransfer-Encoding: chunked", "Content-Length: 0")}0\r\n\r\n${HIDDEN}`,
    ],
    ["a chunk's size too large", `${head("Transfer-Encoding: chunked")}fffffffffffffffff\r\n${HIDDEN}`],
    ["a chunk's size with a sign", `${head("Transfer-Encoding: chunked")}-1\r\n\r\n${HIDDEN}`],
  ])("GW-6 is refused, and the connection with it: %s", async (_, text) => {
    const calls = async () =>
      (await twin.allLogs()).filter(({ message }) => message.includes("session-token")).length;
    const known = await calls();
    const answers = await rawAnswers(twin.origin, text);
    expect(answers.length).toBeLessThanOrEqual(1);
    for (const status of answers) expect(status).toBe(400);
    expect(await calls()).toBe(known);
  });

  it("GW-6 reaches nothing of the authorization server when it stands whole behind another, either", async () => {
    const first = head("Content-Length: 0", "Content-Type: application/x-www-form-urlencoded");
    expect(await rawAnswers(twin.origin, `${first}${HIDDEN}`)).toEqual([400, 404]);
    expect((await send(`${twin.origin}/internal/session-token`, { method: "POST" })).status).toBe(404);
  });
});
