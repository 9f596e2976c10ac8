import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useRecordingBackend } from "../support/recording-backend.ts";
import { ruledServer, WITHOUT_ROLE } from "../support/ruled-server.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => {
  const { tools, prompts, resources, ...server } = ruledServer(backend);
  const hide = true;
  return {
    servers: [
      {
        ...server,
        tools: { ...tools, hide },
        prompts: { ...prompts, hide },
        resources: { ...resources, hide },
      },
      { ...server, name: "open", path: "/open/mcp", tools: tools ?? {} },
    ],
  };
});
let client: OAuthClient;
let accessToken: string;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  const resource = twin.resolved.servers.map((server) => server.resource);
  ({ accessToken } = await client.signIn(new Person(twin), WITHOUT_ROLE, { resource: resource[0] }));
});

beforeEach(() => backend.reset());

const list = (method: string) => ({ jsonrpc: "2.0", id: 7, method });

/** Asks for a list, which the backend answers with this. */
async function answered(
  method: string | readonly string[],
  body: string,
  { type = "application/json", status = 200, ...headers }: Record<string, string> & { status?: number } = {},
) {
  backend.answerWith({ status, headers: { "content-type": type, ...headers }, body });
  const message = typeof method === "string" ? list(method) : method.map(list);
  return send(twin.mcpUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(message),
  });
}

const NAMES = ["read_note", "write_note", "curate_note", "DROP_note", "exact", "write_all", "d\u00e9j\u00e0"];
const tools = (names: readonly string[], rest = "") =>
  `{"jsonrpc":"2.0","id":7,"result":{"tools":[${names.map((name) => `{"name":"${name}","inputSchema":{"type":"object","default":1.0}}`).join(",")}]${rest}}}`;
const SEEN = ["read_note", "write_note"];

describe("GW-12 a list of a server that hides entries", () => {
  it("has what the caller may use and what another scope would open, and nothing else changed", async () => {
    const rest =
      ',"nextCursor":"2026-01-01T00:00:00Z","big":123456789012345678901234567890,"float":1.50,"_meta":{"a":[true,null,"\\"5\\"","7"]}';
    const { status, text } = await answered("tools/list", tools(NAMES, rest));
    expect([status, text]).toEqual([200, tools(SEEN, rest)]);
  });

  it("is to the letter the server's where nothing is hidden", async () => {
    const body = ` ${tools(SEEN).replaceAll(",", " ,\n")}`;
    expect((await answered("tools/list", body)).text).toBe(body);
  });

  it("of prompts is by their names", async () => {
    const body = (names: readonly string[]) =>
      `{"jsonrpc":"2.0","id":7,"result":{"prompts":${JSON.stringify(names.map((name) => ({ name })))}}}`;
    expect((await answered("prompts/list", body(["drafts", "draft_secret", "other"]))).text).toBe(
      body(["drafts"]),
    );
  });

  it("of resources and templates is by their URIs", async () => {
    const body = (member: string, of: string, uris: readonly string[]) =>
      `{"jsonrpc":"2.0","id":7,"result":{"${member}":${JSON.stringify(uris.map((uri) => ({ [of]: uri, name: "x" })))}}}`;
    expect(
      (
        await answered(
          "resources/list",
          body("resources", "uri", ["note://1", "note://secret/1", "note://team/1", "file:///x"]),
        )
      ).text,
    ).toBe(body("resources", "uri", ["note://1", "note://team/1"]));
    expect(
      (
        await answered(
          "resources/templates/list",
          body("resourceTemplates", "uriTemplate", ["note://{id}", "note://secret/{id}"]),
        )
      ).text,
    ).toBe(body("resourceTemplates", "uriTemplate", ["note://{id}"]));
  });

  it.each([
    ["lines", "\n"],
    ["lines with CR", "\r\n"],
  ])("is also an event stream's: %s", async (_, end) => {
    const stream = (names: readonly string[]) =>
      [
        ": hello",
        "",
        "event: message",
        "id: 1",
        `data: ${tools(names)}`,
        "",
        'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}',
        "",
        "",
      ].join(end);
    const { text, headers } = await answered("tools/list", stream(NAMES), {
      type: "text/event-stream; charset=utf-8",
    });
    expect(text).toBe(stream(SEEN));
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  });

  it("is also an event's whose data has several lines", async () => {
    const { text } = await answered(
      "tools/list",
      `data: ${tools(NAMES).replace(",", ",\ndata: ")}\nid: 2\n\n`,
      { type: "text/event-stream" },
    );
    expect(text).toBe(`data: ${tools(SEEN)}\n:\nid: 2\n\n`);
  });

  it("is also a batch's", async () => {
    const { text } = await answered(
      ["tools/list", "prompts/list"],
      `[${tools(NAMES)},{"jsonrpc":"2.0","id":8,"result":{}}]`,
    );
    expect(text).toBe(`[${tools(SEEN)},{"jsonrpc":"2.0","id":8,"result":{}}]`);
  });

  it("is asked for without compression", async () => {
    await answered("tools/list", tools(NAMES));
    expect(backend.requests[0]?.headers["accept-encoding"]).toBeUndefined();
  });

  it.each<[string, string, Record<string, string>]>([
    ["of another type", tools(NAMES), { type: "text/plain" }],
    ["that is compressed anyway", tools(NAMES), { "content-encoding": "br" }],
    ["that is cut", tools(NAMES).slice(0, -5), {}],
    ["with an event that is cut", `data: ${tools(NAMES).slice(0, -5)}\n\n`, { type: "text/event-stream" }],
    ["whose lines end with CR alone", `data: ${tools(NAMES)}\r\r`, { type: "text/event-stream" }],
  ])("goes on unchanged when it cannot be read, which a trace says: %s", async (_, body, headers) => {
    const { length: before } = await twin.allLogs();
    backend.answerWith({
      status: 200,
      headers: {
        "content-type": "application/json",
        ...(headers["type"] && { "content-type": headers["type"] }),
        ...(headers["content-encoding"] && { "content-encoding": headers["content-encoding"] }),
      },
      body,
    });
    const received = await raw();
    expect(received).toBe(body);
    const lines = (await twin.allLogs()).slice(before);
    expect(lines.filter(({ message }) => message.includes("cannot be read")).length).toBe(1);
  });

  it.each([
    ["an error", '{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"x"}}', 200],
    ["an HTTP error", tools(NAMES), 400],
    ["empty", "", 200],
    ["without tools", '{"jsonrpc":"2.0","id":7,"result":{"tools":{"name":"exact"}}}', 200],
  ])("goes on unchanged when it is %s", async (_, body, status) => {
    expect((await answered("tools/list", body, { status } as never)).text).toBe(body);
  });

  it("leaves the answers of other methods alone", async () => {
    expect((await answered("tools/other/list", tools(NAMES))).status).toBe(400);
    const body = tools(NAMES);
    expect((await answered("initialize", body)).text).toBe(body);
  });

  /** The answer to a list as it came, whatever its fields say. */
  async function raw(): Promise<string> {
    const { default: http } = await import("node:http");
    return new Promise((resolve, reject) => {
      const request = http.request(
        twin.mcpUrl,
        {
          method: "POST",
          headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
        },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve(Buffer.concat(chunks).toString());
        },
      );
      request.on("error", reject).end(JSON.stringify(list("tools/list")));
    });
  }
});

it("GW-12 a server that hides nothing answers its lists as they are", async () => {
  const [, open] = twin.resolved.servers;
  const { accessToken: other } = await client.signIn(new Person(twin), WITHOUT_ROLE, {
    resource: open?.resource,
  });
  backend.answerWith({ status: 200, headers: { "content-type": "application/json" }, body: tools(NAMES) });
  const { text } = await client.send(open?.resource ?? "", other, list("tools/list"));
  expect(text).toBe(tools(NAMES));
});
