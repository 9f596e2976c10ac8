import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { DEFAULT_ANSWER, useRecordingBackend } from "../support/recording-backend.ts";
import { ruledServer, WITHOUT_ROLE } from "../support/ruled-server.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({ servers: [ruledServer(backend)] }));
let accessToken: string;

beforeAll(async () => {
  const client = await OAuthClient.register(twin.origin);
  ({ accessToken } = await client.signIn(new Person(twin), WITHOUT_ROLE));
});

beforeEach(() => {
  backend.reset();
  backend.answerWith(DEFAULT_ANSWER);
});

/** Sends a request whose body is these bytes. */
async function post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}, query = "") {
  const response = await fetch(`${twin.mcpUrl}${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json", ...headers },
    body,
  });
  const { status } = response;
  return { status, json: await response.json() };
}

async function refused(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  query = "",
) {
  const { status, json } = await post(body, headers, query);
  expect(backend.requests).toEqual([]);
  const [first] = [json].flat() as { error: { code: number } }[];
  return [status, first?.error.code];
}

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_note"}}';
const GOOD = CALL.replace("drop_note", "read_note");

it("GW-12 lets a good call through, and refuses a denied one", async () => {
  expect((await post(GOOD)).status).toBe(200);
  backend.forget();
  expect(await refused(CALL)).toEqual([403, -32004]);
});

describe("GW-12 a denied name", () => {
  it.each([
    ["in upper case", "DROP_NOTE"],
    ["in mixed case", "Drop_nOTE"],
    ["with its characters escaped", "\\u0064rop_\\u006eote"],
    ["with everything behind it", "drop_/../read_note"],
    ["with a blank in it", "drop_ note"],
  ])("is refused %s", async (_, name) => {
    expect(await refused(CALL.replace("drop_note", name))).toEqual([403, -32004]);
  });

  it.each([
    ["with a blank before it", " drop_note"],
    ["with a blank behind it", "drop_note "],
    ["with a tab behind it", "drop_note\\t"],
    ["with a line break", "drop_note\\n"],
    ["with NUL", "drop_note\\u0000"],
    ["with NUL before it", "\\u0000drop_note"],
    ["with a zero width space", "drop\u200b_note"],
    ["with a soft hyphen", "drop\u00ad_note"],
    ["with a byte order mark", "\ufeffdrop_note"],
    ["with a right-to-left override", "\u202edrop_note"],
    ["in full width, which NFKC makes ASCII", "ｄｒｏｐ＿ｎｏｔｅ"],
    ["with a mathematical letter, which NFKC makes ASCII", "\u{1d41d}rop_note"],
    ["with a Cyrillic o", "dr\u043ep_note"],
    ["with the gateway's own mark", "drop_note\ue000"],
    ["with the gateway's own separator", "drop_note\u241f"],
    ["with a lone surrogate", "drop_note\\ud800"],
    ["that is empty", ""],
  ])("is not taken for another %s", async (_, name) => {
    expect(await refused(CALL.replace("drop_note", name))).toEqual([400, -32602]);
  });

  it.each(["\u212a", "\u017f", "\u0131", "\u0130"])(
    "cannot be spelled with %s, whose other case is ASCII",
    async (letter) => {
      expect(await refused(CALL.replace("drop_note", `drop_${letter}`))).toEqual([400, -32602]);
    },
  );

  it.each(["1", "null", "true", '["drop_note"]', '{"toString":"drop_note"}', '"2026-01-01T00:00:00\\u00e9"'])(
    "has to be a string: %s",
    async (name) => {
      expect(await refused(CALL.replace('"drop_note"', name))).toEqual([400, -32602]);
    },
  );
});

describe("GW-12 a URI that servers write in another way", () => {
  const read = (uri: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"${uri}"}}`;

  it.each([
    "note://@secret/1",
    "note://:@secret/1",
    "note://a:b@secret/1",
    "note://a%40secret/1",
    "note://secret:/1",
    "note://secret:0/1",
    "note://secret:080/1",
    "https://wiki.example:443/secret",
    "HTTP://wiki.example:80/secret",
    "https:/wiki.example/secret",
    "https:wiki.example/secret",
    "https:///wiki.example/secret",
    "https://@wiki.example/secret",
    "https://%EF%BD%97iki.example/secret",
    "https://2130706433/secret",
    "https://0x7f.1/secret",
    "https://127.0.0.01/secret",
    "file:/secret",
    "file://localhost/secret",
    "file:////secret",
    "note://secret/a b",
    "note://secret/<1>",
  ])("is refused: %s", async (uri) => {
    expect(await refused(read(uri))).toEqual([400, -32602]);
  });
});

describe("GW-12 a request without a message", () => {
  it.each(["GET", "DELETE"])("brings no body that a server could take one from: %s", async (method) => {
    const { hostname, port } = new URL(twin.origin);
    const chunk = `${CALL.length.toString(16)}\r\n${CALL}\r\n0\r\n\r\n`;
    for (const body of [
      `Content-Length: ${CALL.length}\r\n\r\n${CALL}`,
      `Transfer-Encoding: chunked\r\n\r\n${chunk}`,
    ]) {
      backend.forget();
      const socket = connect(Number(port), hostname);
      const lines = [
        `${method} /mcp HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        "Connection: close",
        `Authorization: Bearer ${accessToken}`,
        "Content-Type: application/json",
        body,
      ];
      socket.write(lines.join("\r\n"));
      expect((await socket.toArray()).join("")).toMatch(/^HTTP\/1\.1 200 /);
      expect(backend.requests.map((request) => [request.method, request.body])).toEqual([[method, ""]]);
    }
    backend.forget();
  });
});

describe("GW-12 a parameter that only looks like a known one", () => {
  it.each([
    CALL.replace('"name"', '"name":"read_note","name\\u0000"'),
    CALL.replace('"name"', '"name":"read_note","n_ame"'),
    CALL.replace('"name"', '"name":"read_note","NAME"'),
    '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"resource_subscriptions":["note://secret/1"]}}}',
  ])("is refused: %s", async (body) => {
    expect(await refused(body)).toEqual([400, -32602]);
  });
});

describe("GW-12 a URI", () => {
  const read = (uri: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"${uri}"}}`;

  it.each([
    "note://x/../secret/1",
    "note://x/%2e%2e/secret/1",
    "note://x/%2E./secret/1",
    "note://x/.%2e/secret/1",
    "note://x/%252e%252e/secret/1",
    "note://./secret/1",
    "note://x/..",
    "note://x/..?y",
    "note:..",
    "note://x\\\\..\\\\secret",
    "note://x%5c..%5csecret",
    "note://secret%00/1",
    "note://secret%1f/1",
    "note://secret%0a/1",
    "note://sécret/1",
    " note://secret/1",
    "note://secret/1\\u0000",
  ])("does not lead around a rule: %s", async (uri) => {
    expect(await refused(read(uri))).toEqual([400, -32602]);
  });

  it.each([
    "note://SECRET/1",
    "NOTE://secret/1",
    "note://%53ecret/1",
    "note://secret%2f1",
    "file:///etc/passwd",
    "%6eote://1",
  ])("is matched however it is written: %s", async (uri) => {
    expect(await refused(read(uri))).toEqual([403, -32004]);
  });
});

describe("GW-12 a method", () => {
  it.each([
    "TOOLS/CALL",
    "Tools/call",
    "tools/Call",
    "Completion/complete",
    "SUBSCRIPTIONS/listen",
    "Resources/read",
  ])("in another case is not known: %s", async (method) => {
    expect(await refused(CALL.replace("tools/call", method))).toEqual([400, -32601]);
  });

  it.each([
    "tools/\u0441all",
    "too\u017fs/call",
    "tools/call ",
    " tools/call",
    "tools/call\\u0000",
    "tools/call\\n",
    "tools\\u2044call",
    "ｔools/call",
    "tools/call\ue000",
    "",
  ])("has no other characters: %j", async (method) => {
    expect(await refused(CALL.replace("tools/call", method))).toEqual([400, -32600]);
  });

  it.each(["null", "1", "true", '["tools/call"]', '{"a":"tools/call"}'])(
    "has to be a string: %s",
    async (method) => {
      expect(await refused(CALL.replace('"tools/call"', method))).toEqual([400, -32600]);
    },
  );

  it.each([
    "tools/execute",
    "tools/list/../call",
    "tools//call",
    "tools/",
    "prompts/render",
    "resources/directory/read",
  ])("that is not known here needs a name or URI that is allowed: %s", async (method) => {
    const [status] = await refused(CALL.replace("tools/call", method));
    expect(status === 400 || status === 403).toBe(true);
  });
});

describe("GW-12 a member", () => {
  it.each([
    [
      "name, twice",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","name":"drop_note"}}',
    ],
    [
      "name, twice the other way round",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_note","name":"read_note"}}',
    ],
    [
      "name, once escaped",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","n\\u0061me":"drop_note"}}',
    ],
    [
      "params, twice",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note"},"params":{"name":"drop_note"}}',
    ],
    [
      "method, twice",
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"drop_note"}}',
    ],
    ["id, twice", '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
    [
      "Method, beside method",
      '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"drop_note"}}',
    ],
    ["METHOD, alone", '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"drop_note"}}'],
    [
      "Params, beside params",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note"},"Params":{"name":"drop_note"}}',
    ],
    [
      "paramſ, which Go takes for params",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note"},"param\u017f":{"name":"drop_note"}}',
    ],
    [
      "__proto__",
      '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"tools/call","params":{"name":"drop_note"}}}',
    ],
    [
      "__proto__, beside a method",
      '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"method":"tools/call"}}',
    ],
    ["constructor", '{"jsonrpc":"2.0","id":1,"method":"ping","constructor":{}}'],
    ["an empty name", '{"jsonrpc":"2.0","id":1,"method":"ping","":{}}'],
  ])("of a message is not taken twice, or for another: %s", async (_, body) => {
    expect(await refused(body)).toEqual([400, -32600]);
  });

  it.each([
    ["Name, beside name", '{"name":"read_note","Name":"drop_note"}'],
    ["NAME, alone", '{"NAME":"drop_note"}'],
    ["__proto__, alone", '{"__proto__":{"name":"drop_note"}}'],
    ["nаme with a Cyrillic a", '{"name":"read_note","n\u0430me":"drop_note"}'],
    ["name with a zero width space", '{"name":"read_note","name\u200b":"drop_note"}'],
    ["name in full width", '{"name":"read_note","\uff4eame":"drop_note"}'],
    ["an array", '["drop_note"]'],
    ["a string", '"drop_note"'],
    ["nothing", "null"],
  ])("of the parameters is not taken for another: %s", async (_, params) => {
    expect(await refused(CALL.replace('{"name":"drop_note"}', params))).toEqual([400, -32602]);
  });

  it.each([
    ["a type of another kind", '{"type":"ref/tool","name":"drop_note"}'],
    ["both a name and a URI", '{"type":"ref/prompt","name":"drafts","uri":"note://secret/1"}'],
    ["two types", '{"type":"ref/prompt","Type":"ref/resource","name":"drafts"}'],
    ["no type", '{"name":"drafts"}'],
    ["an array", "[]"],
  ])("of a reference is not taken for another: %s", async (_, ref) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":${ref}}}`;
    expect(await refused(body)).toEqual([400, -32602]);
  });

  it.each(['"note://1"', '{"0":"note://1"}', "[1]", "[[]]", "[null]"])(
    "of a listener has to be a list of URIs: %s",
    async (uris) => {
      const body = `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":${uris}}}}`;
      expect(await refused(body)).toEqual([400, -32602]);
    },
  );

  it.each(["ResourceSubscriptions", "resourcesubscriptions", "RESOURCESUBSCRIPTIONS"])(
    "of a listener is not taken for another: %s",
    async (name) => {
      const body = `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"${name}":["note://secret/1"]}}}`;
      expect(await refused(body)).toEqual([400, -32602]);
    },
  );
});

describe("GW-12 a batch", () => {
  it("has at most 50 messages, and one answer if it has more", async () => {
    const { status, json } = await post(`[${Array(50).fill("{}").join(",")}]`);
    expect([status, (json as unknown[]).length]).toEqual([400, 50]);
    for (const messages of [51, 20_000]) {
      const body = `[${Array(messages).fill("{}").join(",")}]`;
      expect((await post(body)).json).toMatchObject({ id: null, error: { code: -32600 } });
    }
    expect(backend.requests).toEqual([]);
  });

  it.each([
    ["empty", "[]"],
    ["nested", `[[${CALL}]]`],
    ["nested beside a good call", `[${GOOD},[${CALL}]]`],
    ["of something else", "[1]"],
    ["of nothing", "[null]"],
  ])("is refused when it is %s", async (_, body) => {
    expect(await refused(body)).toEqual([400, -32600]);
  });

  it.each([
    ["first", `[${CALL},${GOOD}]`],
    ["last", `[${GOOD},${CALL}]`],
    ["as a notification", `[${GOOD},${CALL.replace('"id":1,', "")}]`],
    ["among fifty", `[${Array(49).fill(GOOD).join(",")},${CALL}]`],
  ])("is refused whole with a denied call %s", async (_, body) => {
    expect(await refused(body)).toEqual([403, -32004]);
  });
});

describe("GW-12 a body", () => {
  it.each([
    ["compressed", gzipSync(CALL), { "content-encoding": "gzip" }],
    ["said to be compressed", CALL, { "content-encoding": "identity" }],
    ["in UTF-16", Buffer.from(GOOD, "utf16le"), { "content-type": "application/json; charset=utf-16" }],
    ["said to be in UTF-16", GOOD, { "content-type": "application/json; charset=utf-16le" }],
    ["said to be in UTF-7", GOOD, { "content-type": "application/json;charset=utf-7" }],
    ["said to be in Latin-1", GOOD, { "content-type": "application/json; charset=iso-8859-1" }],
    [
      "said to be in two charsets",
      GOOD,
      { "content-type": "application/json; charset=utf-8; charset=utf-16" },
    ],
    ["said to be a form", GOOD, { "content-type": "application/x-www-form-urlencoded" }],
    ["said to be text", GOOD, { "content-type": "text/plain" }],
    ["said to be in parts", GOOD, { "content-type": "multipart/form-data; boundary=x" }],
    ["said to be two things", GOOD, { "content-type": "application/json, text/plain" }],
  ])("has to be JSON in UTF-8: %s", async (_, body, headers) => {
    expect(await refused(body, headers)).toEqual([415, -32600]);
  });

  it.each(["application/json;charset=UTF-8", 'APPLICATION/JSON ; charset="utf-8"', "application/json"])(
    "may be called %s",
    async (type) => {
      expect((await post(GOOD, { "content-type": type })).status).toBe(200);
    },
  );

  const text = (rest: string) => `{"jsonrpc":"2.0","id":1,"method":"ping"${rest}}`;
  it.each([
    ["empty", ""],
    ["blank", "  "],
    ["cut", CALL.slice(0, -1)],
    ["followed by another", GOOD + CALL],
    ["followed by another line", `${GOOD}\n${CALL}`],
    ["with a byte order mark", `\ufeff${CALL}`],
    ["with NUL behind it", `${GOOD}\0${CALL}`],
    ["with a line break in a string", CALL.replace("drop_", "drop_\n")],
    ["with single quotes", CALL.replaceAll('"', "'")],
    ["with names without quotes", CALL.replace('"method"', "method")],
    ["with a comment", `/* ${GOOD} */${CALL}`],
    ["with a comment of a line", `${CALL}//`],
    ["with a comma too many", text(",")],
    ["with a comma in an array", text(',"params":[1,]')],
    ["with commas in a row", text(',"params":[1,,2]')],
    ["with NaN", text(',"params":{"a":NaN}')],
    ["with Infinity", text(',"params":{"a":-Infinity}')],
    ["with undefined", text(',"params":undefined')],
    ["with a hexadecimal number", text(',"params":{"a":0x10}')],
    ["with an octal number", text(',"params":{"a":010}')],
    ["with a plus", text(',"params":{"a":+1}')],
    ["with a bare point", text(',"params":{"a":1.}')],
    ["with a constructor", text(',"params":new Date(1)')],
    ["with an escape that JSON does not have", CALL.replace("drop", "\\x64rop")],
    ["with a no-break space", CALL.replace("{", "{\u00a0")],
    ["with the gateway's own placeholder", CALL.replace('"drop_note"', "\ue001")],
    ["with names that are numbers", text(',"params":{1:2}')],
    ["with brackets in the wrong order", '{"a":[}]'],
    ["65 levels deep", "[".repeat(65) + "]".repeat(65)],
    ["half a million levels deep", "[".repeat(500_000)],
  ])("has to be JSON: %s", async (_, body) => {
    expect(await refused(body)).toEqual([400, -32700]);
  });

  it("has to be UTF-8", async () => {
    const broken = (...bytes: number[]) =>
      Buffer.concat([Buffer.from(GOOD.slice(0, -3)), Buffer.from(bytes), Buffer.from(GOOD.slice(-3))]);
    for (const bytes of [[0xff], [0xc0, 0xa2], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x92], [0xe2]]) {
      expect(await refused(broken(...bytes))).toEqual([400, -32700]);
    }
  });

  it("may have the replacement character in its text", async () => {
    const body = GOOD.replace('"read_note"', '"read_note","arguments":{"text":"\ufffd"}');
    expect((await post(body)).status).toBe(200);
    expect(backend.requests[0]?.body).toBe(body);
  });

  it("has at most 1 MiB, whether it says so or not", async () => {
    const body = GOOD.replace("}}", `,"arguments":{"a":"${"x".repeat(1_048_576)}"}}}`);
    expect(await refused(body)).toEqual([413, -32600]);
    expect(await refused(CALL.replace("}}", `,"arguments":{"a":"${"x".repeat(3_000_000)}"}}}`))).toEqual([
      413, -32600,
    ]);
    expect(await chunked(body)).toBe(413);
    // More than the gateway holds in memory.
    expect(await chunked(`{"a":"${"x".repeat(12_000_000)}"}`)).toBe(400);
    expect(backend.requests).toEqual([]);
  });

  it("goes on unchanged when it is as large as it may be", async () => {
    const rest = GOOD.replace("}}", ',"arguments":{"a":""}}}').length;
    const body = GOOD.replace("}}", `,"arguments":{"a":"${"\\n".repeat((1_048_576 - rest) / 2)}"}}}`);
    expect((await post(body)).status).toBe(200);
    expect(backend.requests[0]?.body === body).toBe(true);
  });

  it("is decided alike when it comes in chunks", async () => {
    expect(await chunked(GOOD)).toBe(200);
    backend.forget();
    expect(await chunked(CALL)).toBe(403);
    expect(backend.requests).toEqual([]);
  });

  /** Sends the body without saying how long it is. @returns the status */
  async function chunked(body: string): Promise<number> {
    const { hostname, port, host, pathname } = new URL(twin.mcpUrl);
    const socket = connect({ host: hostname, port: Number(port) });
    const answer = new Promise<number>((resolve, reject) => {
      socket
        .on("error", reject)
        .once("data", (data) => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(String(data))?.[1])));
    });
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${accessToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let at = 0; at < body.length; at += 65_536) {
      const chunk = body.slice(at, at + 65_536);
      socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    }
    socket.write("0\r\n\r\n");
    const status = await answer;
    socket.destroy();
    return status;
  }
});

describe("GW-12 a query", () => {
  it.each(["?method=ping", "?name=read_note", "?jsonrpc=2.0&method=tools/list"])(
    "changes nothing: %s",
    async (query) => {
      expect(await refused(CALL, {}, query)).toEqual([403, -32004]);
    },
  );
});

describe("GW-12 a header field", () => {
  it.each([
    ["another method", { "mcp-method": "ping" }],
    ["the method in another case", { "mcp-method": "Tools/call" }],
    ["an empty method", { "mcp-method": "" }],
    ["two methods", { "mcp-method": "tools/call, ping" }],
    ["another tool", { "mcp-method": "tools/call", "mcp-name": "drop_note" }],
    ["the tool in another case", { "mcp-name": "READ_NOTE" }],
    ["another tool in base64", { "mcp-name": "=?base64?ZHJvcF9ub3Rl?=" }],
    ["another tool in base64, with a prefix of another case", { "mcp-name": "=?BASE64?ZHJvcF9ub3Rl?=" }],
    ["base64 that is none", { "mcp-name": "=?base64?cmVhZF9ub3Rl!?=" }],
    ["base64 without its padding", { "mcp-name": "=?base64?cmVhZF9ub3RlMQ?=" }],
    ["a revision that requires both", { "mcp-protocol-version": "2026-07-28" }],
    ["a revision that requires a name", { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call" }],
    ["a later revision", { "mcp-protocol-version": "2027-01-01", "mcp-name": "read_note" }],
  ])("that disagrees with the body, or is missing, is refused: %s", async (_, headers) => {
    expect(await refused(GOOD, headers)).toEqual([400, -32020]);
  });

  it.each([
    ["none", {}],
    ["both", { "mcp-method": "tools/call", "mcp-name": "read_note" }],
    ["base64", { "mcp-name": "=?base64?cmVhZF9ub3Rl?=" }],
    [
      "all that the revision requires",
      { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "read_note" },
    ],
    ["an earlier revision alone", { "mcp-protocol-version": "2025-11-25" }],
  ])("that agrees passes: %s", async (_, headers) => {
    expect((await post(GOOD, headers)).status).toBe(200);
  });

  it("of a revision has to be the body's", async () => {
    const claiming = (version: string) =>
      GOOD.replace("}}", `,"_meta":{"io.modelcontextprotocol/protocolVersion":"${version}"}}}`);
    const both = { "mcp-method": "tools/call", "mcp-name": "read_note" };
    expect(await refused(claiming("2026-07-28"), both)).toEqual([400, -32020]);
    expect(await refused(claiming("2025-06-18"), { ...both, "mcp-protocol-version": "2026-07-28" })).toEqual([
      400, -32020,
    ]);
    expect(
      (await post(claiming("2026-07-28"), { ...both, "mcp-protocol-version": "2026-07-28" })).status,
    ).toBe(200);
  });

  it("has to agree with every message of a batch", async () => {
    expect(
      await refused(`[{"jsonrpc":"2.0","id":2,"method":"ping"},${GOOD}]`, { "mcp-method": "tools/call" }),
    ).toEqual([400, -32020]);
  });
});
