import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, OAuthClient, send, tokensOf, withChanges } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { unchangedStore } from "../support/unchanged-store.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const REDIRECT_URI = "http://localhost:9999/callback";
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

const twin = useTwin();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

const store = unchangedStore(() => twin);

function post(
  path: string,
  contentType: string | undefined,
  body: NonNullable<RequestInit["body"]>,
): Promise<Answer> {
  const headers: Record<string, string> = contentType ? { "content-type": contentType } : {};
  return send(`${twin.origin}${path}`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
}

/** RFC 6749 §5.2: JSON, not cached, a code, and a description of printable ASCII. */
const oauthErrorSchema = z.strictObject({
  error: z.string().regex(/^[a-z_]+$/),
  error_description: z.string().regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
});

function expectOAuthError(answer: Answer, status: number, error: string, word = ""): void {
  expect([answer.status, answer.json["error"]]).toEqual([status, error]);
  const { error_description } = oauthErrorSchema.parse(answer.json);
  expect(error_description).toContain(word);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-type")).toContain(JSON_TYPE);
}

const bytes = (text: string) => new Blob([text]);

describe("/register", () => {
  const good = { redirect_uris: [REDIRECT_URI] };

  it.each([
    ["malformed JSON", "{", JSON_TYPE, "not valid JSON"],
    ["an empty body", "", JSON_TYPE, "not valid JSON"],
    ["an array", "[]", JSON_TYPE, "not a JSON object"],
    ["null", "null", JSON_TYPE, "not a JSON object"],
    ["a string", '"x"', JSON_TYPE, "not a JSON object"],
    ["a form", "redirect_uris=x", FORM, "Content-Type"],
    ["JSON as plain text", JSON.stringify(good), "text/plain", "Content-Type"],
    ["no content type", JSON.stringify(good), undefined, "Content-Type"],
  ])("TOK-2 refuses %s", async (_, body, contentType, word) => {
    const answer = await post("/register", contentType, bytes(body));
    expectOAuthError(answer, 400, "invalid_client_metadata", word);
  });

  it.each([
    [{ redirect_uris: undefined }, "redirect_uris is missing"],
    [{ redirect_uris: [] }, "redirect_uris"],
    [{ redirect_uris: "https://a.example/" }, "redirect_uris"],
    [{ redirect_uris: [1] }, "redirect_uris"],
    [{ redirect_uris: Array.from({ length: 21 }, (_, n) => `https://a.example/${n}`) }, "redirect_uris"],
    [{ redirect_uris: ["/callback"] }, "absolute"],
    [{ redirect_uris: ["http://evil.example/callback"] }, "https"],
    [{ redirect_uris: ["https://a.example/#fragment"] }, "fragment"],
    [{ redirect_uris: ["https://user@a.example/"] }, "user information"],
    [{ redirect_uris: ["https://a.example/../b"] }, "dot segments"],
    [{ redirect_uris: ["javascript:alert(1)"] }, "scheme"],
    [{ redirect_uris: ["JaVaScRiPt:alert(1)"] }, "scheme"],
    [{ redirect_uris: [" javascript:alert(1)"] }, "absolute"],
    [{ redirect_uris: ["java\tscript:alert(1)"] }, "absolute"],
    [{ redirect_uris: ["data:text/html,x"] }, "scheme"],
    [{ redirect_uris: ["file:///etc/passwd"] }, "scheme"],
    [{ redirect_uris: [`https://a.example/${"a".repeat(1100)}`] }, "longer"],
    [{ redirect_uris: [REDIRECT_URI, "data:text/html,x"] }, "scheme"],
  ])("CLI-6 refuses %j", async (changes, word) => {
    const answer = await post("/register", JSON_TYPE, JSON.stringify({ ...good, ...changes }));
    expectOAuthError(answer, 400, "invalid_redirect_uri", word);
  });

  it.each([
    [{ client_name: 7 }, "client_name"],
    [{ client_name: "n".repeat(257) }, "client_name"],
    [{ grant_types: "authorization_code" }, "grant_types"],
    [{ grant_types: ["client_credentials"] }, "grant_types"],
    [{ response_types: ["token"] }, "response_types"],
    [{ token_endpoint_auth_method: 1 }, "token_endpoint_auth_method"],
  ])("CLI-1 refuses %j", async (changes, word) => {
    const answer = await post("/register", JSON_TYPE, JSON.stringify({ ...good, ...changes }));
    expectOAuthError(answer, 400, "invalid_client_metadata", word);
  });
});

describe("a huge body", () => {
  const chunk = new Uint8Array(64 * 1024).fill(97);

  /** Chunked, with no length announced. */
  function stream(chunks: number): ReadableStream<Uint8Array> {
    let sent = 0;
    return new ReadableStream({
      pull(controller) {
        if (sent === chunks) controller.close();
        else controller.enqueue(chunk);
        sent += 1;
      },
    });
  }

  it.each([
    ["/register", JSON_TYPE, "invalid_client_metadata", 16],
    ["/token", FORM, "invalid_request", 64],
    ["/revoke", FORM, "invalid_request", 64],
  ] as const)(
    "is refused by %s with 413, whether its length is announced or not",
    async (path, type, error, limit) => {
      const words = `larger than ${limit} KiB`;
      expectOAuthError(await post(path, type, "a".repeat(limit * 1024 + 1)), 413, error, words);
      expectOAuthError(await post(path, type, "a".repeat(4 * 1024 * 1024)), 413, error, words);
      expectOAuthError(await post(path, type, stream(2)), 413, error, words);
      expectOAuthError(await post(path, type, stream(64)), 413, error, words);
    },
  );

  it("is refused by /consent with 413, as a page", async () => {
    const { status, headers } = await send(`${twin.origin}/consent`, {
      method: "POST",
      headers: { origin: twin.origin, "sec-fetch-site": "same-origin", "content-type": FORM },
      body: "a".repeat(70 * 1024),
    });
    expect(status).toBe(413);
    expect(headers.get("content-type")).toContain("text/html");
  });
});

describe("/token", () => {
  const codeForm = {
    grant_type: "authorization_code",
    code: `ac.${"u".repeat(43)}.${"s".repeat(22)}.${"x".repeat(43)}`,
    redirect_uri: REDIRECT_URI,
    code_verifier: "v".repeat(43),
  };
  const refreshForm = { grant_type: "refresh_token", refresh_token: "garbage" };

  it.each([
    ["grant_type", codeForm],
    ["client_id", codeForm],
    ["code", codeForm],
    ["code_verifier", codeForm],
    ["client_id", refreshForm],
    ["refresh_token", refreshForm],
  ])("TOK-2 refuses a request without %s", async (name, good) => {
    const form = withChanges({ ...good, client_id: client.id }, { [name]: undefined });
    expectOAuthError(await client.post("/token", form), 400, "invalid_request", `${name} is missing`);
    form.set(name, "");
    expectOAuthError(await client.post("/token", form), 400, "invalid_request", `${name} is missing`);
  });

  it.each([
    ["grant_type", codeForm],
    ["client_id", codeForm],
    ["code", codeForm],
    ["redirect_uri", codeForm],
    ["code_verifier", codeForm],
    ["resource", codeForm],
    ["refresh_token", refreshForm],
    ["scope", refreshForm],
  ])("TOK-2 refuses a repeated %s", async (name, good) => {
    const form = new URLSearchParams({ ...good, client_id: client.id });
    form.append(name, "another");
    if (form.getAll(name).length === 1) form.append(name, "another");
    expectOAuthError(await client.post("/token", form), 400, "invalid_request", `${name} is repeated`);
  });

  it.each([
    ["JSON", JSON_TYPE, JSON.stringify(refreshForm)],
    ["plain text", "text/plain", new URLSearchParams(refreshForm).toString()],
    ["no content type", undefined, new URLSearchParams(refreshForm).toString()],
    ["a multipart form", "multipart/form-data; boundary=x", "--x--"],
  ])("TOK-2 refuses %s", async (_, contentType, body) => {
    expectOAuthError(await post("/token", contentType, bytes(body)), 400, "invalid_request", "Content-Type");
  });

  it.each(["password", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", "__proto__"])(
    "refuses the grant type %s",
    async (grantType) => {
      const form = new URLSearchParams({ grant_type: grantType, client_id: client.id });
      expectOAuthError(await client.post("/token", form), 400, "unsupported_grant_type");
    },
  );

  it("CLI-7 tells an unknown client to register again", async () => {
    for (const id of ["unknown", "AAAAAAAAAAAAAAAAAAAAAA", "../clients", "a/b"]) {
      const unknown = new OAuthClient(twin.origin, id);
      expectOAuthError(await unknown.refresh("garbage"), 401, "invalid_client");
      expectOAuthError(
        await unknown.post("/token", new URLSearchParams({ ...codeForm, client_id: id })),
        401,
        "invalid_client",
      );
    }
  });

  const guesses = (real: string) =>
    real
      .split(".")
      .slice(3)
      .map(() => "A".repeat(43));
  const garbage: [string, (real: string) => string][] = [
    ["nothing like one", () => "garbage"],
    ["control characters", () => "\u0000\r\n\t"],
    ["far beyond ASCII", () => "🗝️".repeat(50)],
    ["very long", () => "x".repeat(50_000)],
    ["only dots", () => "..........."],
    ["one of nobody", (real) => real.replace(/\.[^.]+\./, `.${"A".repeat(43)}.`)],
    ["other secrets", (real) => [...real.split(".").slice(0, 3), ...guesses(real)].join(".")],
    ["cut short", (real) => real.slice(0, -1)],
    ["too long by one", (real) => `${real}A`],
    ["padded", (real) => `${real}=`],
    ["with a blank before it", (real) => ` ${real}`],
    ["in upper case", (real) => real.toUpperCase()],
    ["of another kind", (real) => real.replace(/^../, (kind) => (kind === "ac" ? "rt" : "ac"))],
    ["percent-encoded twice", (real) => encodeURIComponent(encodeURIComponent(real)).replaceAll(".", "%2E")],
  ];

  it("TOK-3 refuses codes and refresh tokens of every wrong shape, and goes on taking the right ones", async () => {
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    const { refreshToken } = await client.signIn(new Person(twin), MIRA);
    await store.remember();
    for (const [shape, make] of garbage) {
      const answers = [await client.redeem(request, make(code)), await client.refresh(make(refreshToken))];
      for (const { status, json } of answers) {
        expect([shape, status, json["error"]]).toEqual([shape, 400, "invalid_grant"]);
      }
    }
    await store.expectUnchanged();
    expect((await client.redeem(request, code)).status).toBe(200);
    expect((await client.refresh(refreshToken)).status).toBe(200);
    await store.remember();
  });

  it("TOK-3 refuses a code with anything that it was not bound to, tells none from the other, and keeps it", async () => {
    const other = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    await store.remember();
    const answers = [
      await client.redeem(request, code, { redirect_uri: "http://localhost:9998/callback" }),
      await client.redeem(request, code, { redirect_uri: "https://evil.example/" }),
      await client.redeem(request, code, { redirect_uri: undefined }),
      await client.redeem(request, code, { redirect_uri: "" }),
      await client.redeem(request, code, { code_verifier: "w".repeat(43) }),
      await client.redeem(request, code, { code_verifier: "short" }),
      await other.redeem(request, code),
    ];
    for (const answer of answers) expectOAuthError(answer, 400, "invalid_grant");
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const elsewhere = await client.redeem(request, code, { resource: "https://elsewhere.example/mcp" });
    expectOAuthError(elsewhere, 400, "invalid_target");
    await store.expectUnchanged();
    expect((await client.redeem(request, code)).status).toBe(200);
    await store.remember();
  });

  it("TOK-6 refuses a refresh by another client, for another resource or for more, and keeps the token", async () => {
    const other = await OAuthClient.register(twin.origin);
    const { refreshToken } = await client.signIn(new Person(twin), MIRA);
    await store.remember();
    expectOAuthError(await other.refresh(refreshToken), 400, "invalid_grant");
    expectOAuthError(
      await client.refresh(refreshToken, { resource: "https://x.example/" }),
      400,
      "invalid_target",
    );
    expectOAuthError(await client.refresh(refreshToken, { scope: "mcp.tools admin" }), 400, "invalid_scope");
    await store.expectUnchanged();
    tokensOf(await client.refresh(refreshToken));
    await store.remember();
  });
});

describe("/revoke", () => {
  it("refuses a request without token or client", async () => {
    const { refreshToken } = await client.signIn(new Person(twin), MIRA);
    await store.remember();
    expectOAuthError(
      await client.revoke(refreshToken, { client_id: undefined }),
      400,
      "invalid_request",
      "client_id",
    );
    expectOAuthError(await client.revoke("", {}), 400, "invalid_request", "token");
    const twice = new URLSearchParams({ client_id: client.id, token: refreshToken });
    twice.append("token", refreshToken);
    expectOAuthError(await client.post("/revoke", twice), 400, "invalid_request", "token is repeated");
    expectOAuthError(await post("/revoke", JSON_TYPE, "{}"), 400, "invalid_request", "Content-Type");
  });

  it("TOK-7 answers like a success to what is no token of ours, and changes nothing (RFC 7009 §2.2)", async () => {
    const { refreshToken, accessToken } = await client.signIn(new Person(twin), MIRA);
    await store.remember();
    for (const token of [
      "garbage",
      "a.b.c",
      "🗝️",
      "x".repeat(10_000),
      `${accessToken}A`,
      `${accessToken.slice(0, -8)}AAAAAAAA`,
      refreshToken.replace(/[^.]{43}(?=\.[^.]+$)/, "A".repeat(43)),
    ]) {
      expect(await client.revoke(token)).toMatchObject({ status: 200, text: "{}" });
    }
  });
});

describe("the MCP endpoint", () => {
  it.each(["garbage", "a.b.c", "....", "eyJhbGciOiJub25lIn0..", `${"x".repeat(5000)}.y.z`, "null", "{}"])(
    "GW-1 refuses a token like %s",
    async (token) => {
      const answer = await client.callTool(twin.mcpUrl, token, "whoami");
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(answer.json).toMatchObject({ jsonrpc: "2.0", id: null, error: { message: expect.any(String) } });
    },
  );

  it("answers malformed JSON and unknown tools in JSON-RPC", async () => {
    const { accessToken } = await client.signIn(new Person(twin), MIRA);
    await store.remember();
    const malformed = await send(twin.mcpUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": JSON_TYPE,
        accept: "application/json, text/event-stream",
      },
      body: "{",
    });
    expect(malformed.status).toBe(400);
    expect(malformed.json).toMatchObject({ jsonrpc: "2.0", error: { code: -32700 } });
    const unknown = await client.callTool(twin.mcpUrl, accessToken, "no_such_tool");
    expect(unknown.text).toContain('"error"');
  });
});
