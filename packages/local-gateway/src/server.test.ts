import http from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { bodyOf, describeGateway, policies, startTestGateway, stoppedAfterEach } from "../testing/gateway.ts";
import { startGateway } from "./server.ts";

const { backend, gateway } = stoppedAfterEach();

/** Echoes what the backend received, as JSON. */
const echo: http.RequestListener = async (request, response) => {
  const body = await bodyOf(request);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
};

function rawRequest(url: string, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(`${lines.join("\r\n")}\r\n\r\n`));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("forwarding", () => {
  it("passes method, path, query, headers and body on, and sets Host and X-Forwarded-For", async () => {
    const server = await backend(echo);
    const { url } = await gateway(
      { "api.xml": policies({}) },
      describeGateway({ serviceUrl: `${server.url}/base` }),
    );
    const response = await fetch(`${url}/a%20b/c?x=1&y=%2F`, {
      method: "POST",
      body: "content",
      headers: {
        "X-Own": "1",
        "X-Forwarded-For": "10.0.0.1",
        TE: "trailers",
        "Proxy-Authorization": "Basic x",
      },
    });
    const seen = (await response.json()) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      body: string;
    };
    expect(seen).toMatchObject({ method: "POST", url: "/base/a%20b/c?x=1&y=%2F", body: "content" });
    expect(seen.headers["host"]).toBe(new URL(server.url).host);
    expect(seen.headers["x-own"]).toBe("1");
    expect(Object.keys(seen.headers)).not.toContain("te");
    expect(Object.keys(seen.headers)).not.toContain("proxy-authorization");
    expect(seen.headers["x-forwarded-for"]).toBe("10.0.0.1, 127.0.0.1");
  });

  it("frames a body that came in chunks, whatever the method, so that nothing of it passes for a request", async () => {
    let requests = 0;
    const server = await backend((request, response) => {
      requests += 1;
      return echo(request, response);
    });
    const { url } = await gateway({ "api.xml": policies({}) }, describeGateway({ serviceUrl: server.url }));
    const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
    const answer = await rawRequest(url, [
      "GET /x HTTP/1.1",
      "Host: localhost",
      "Connection: close",
      "Transfer-Encoding: chunked",
      "",
      `${hidden.length.toString(16)}`,
      `${hidden}`,
      "0",
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(JSON.stringify(hidden));
    expect(requests).toBe(1);
  });

  it("takes 32 KiB of a request's line and header fields, and answers 431 to more", async () => {
    const server = await backend((_, response) => response.end("ok"));
    const { url } = await gateway(
      {
        "api.xml": policies({ inbound: '<set-header name="Cookie" exists-action="delete" />' }),
      },
      describeGateway({ serviceUrl: server.url }),
    );
    const cookie = (bytes: number) => [
      "GET /x HTTP/1.1",
      "Host: localhost",
      `Cookie: ${"c".repeat(bytes)}`,
      "Connection: close",
    ];
    expect(await rawRequest(url, cookie(32_000))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await rawRequest(url, cookie(33_000))).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("decodes nothing, keeps every set-cookie and drops hop-by-hop fields", async () => {
    const gzip = Buffer.from("1f8b08000000000000034b4c4a06003524c2410300000000", "hex");
    const server = await backend((_, response) => {
      response.setHeader("Content-Encoding", "gzip");
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.setHeader("X-Hop", "1");
      response.setHeader("Connection", "close, X-Hop");
      response.end(gzip);
    });
    const { url } = await gateway({ "api.xml": policies({}) }, describeGateway({ serviceUrl: server.url }));
    const { headers, body } = await new Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }>(
      (resolve, reject) => {
        http
          .get(`${url}/x`, async (response) => {
            const chunks: Buffer[] = [];
            for await (const chunk of response) chunks.push(chunk as Buffer);
            resolve({ headers: response.headers, body: Buffer.concat(chunks) });
          })
          .on("error", reject);
      },
    );
    expect(headers["content-encoding"]).toBe("gzip");
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(headers["x-hop"]).toBeUndefined();
    expect(body.equals(gzip)).toBe(true);
  });

  it("drops what a client's Connection names of its own fields, and nothing that a policy set", async () => {
    const server = await backend((request, response) => response.end(JSON.stringify(request.headers)));
    const inbound = '<set-header name="X-Own" exists-action="override"><value>ours</value></set-header>';
    const { url } = await gateway(
      { "api.xml": policies({ inbound }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const answer = await rawRequest(url, [
      "GET /x HTTP/1.1",
      "Host: localhost",
      "Connection: close, X-Own, X-Hop",
      "X-Own: theirs",
      "X-Hop: 1",
    ]);
    expect(answer).toContain('"x-own":"ours"');
    expect(answer).not.toContain("x-hop");
  });

  it("does not follow redirects unless asked", async () => {
    const server = await backend((request, response) => {
      if (request.url === "/end") return response.end("end");
      return response.writeHead(302, { Location: "/end" }).end();
    });
    const follow = policies({ backend: '<forward-request follow-redirects="true" />' });
    const strict = await gateway({ "api.xml": policies({}) }, describeGateway({ serviceUrl: server.url }));
    const loose = await gateway({ "api.xml": follow }, describeGateway({ serviceUrl: server.url }));
    const first = await fetch(`${strict.url}/x`, { redirect: "manual" });
    expect([first.status, first.headers.get("location")]).toEqual([302, "/end"]);
    expect(await (await fetch(`${loose.url}/x`)).text()).toBe("end");
  });

  it("GW-4 passes events on one by one when the response is not buffered", async () => {
    const waiting: (() => void)[] = [];
    const server = await backend((_, response) => {
      response.setHeader("Content-Type", "text/event-stream");
      response.write("data: 1\n\n");
      waiting.push(() => response.end("data: 2\n\n"));
    });
    const { url } = await gateway(
      { "api.xml": policies({ backend: '<forward-request buffer-response="false" />' }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${url}/events`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value ?? []).toString()).toBe("data: 1\n\n");
    waiting[0]?.();
    const second = await reader.read();
    expect(Buffer.from(second.value ?? []).toString()).toBe("data: 2\n\n");
  });

  it("GW-4 aborts the backend's request when the client goes away", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await backend((request, response) => {
      response.write("start");
      request.once("close", () => closed.resolve());
    });
    const { url } = await gateway(
      { "api.xml": policies({ backend: '<forward-request buffer-response="false" />' }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const leave = new AbortController();
    await fetch(`${url}/x`, { signal: leave.signal });
    leave.abort();
    await closed.promise;
  });

  it("aborts the backend's request when the client leaves before there is an answer", async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const server = await backend((request) => {
      arrived.resolve();
      request.once("close", () => closed.resolve());
    });
    const { url } = await gateway({ "api.xml": policies({}) }, describeGateway({ serviceUrl: server.url }));
    const leave = new AbortController();
    const call = fetch(`${url}/x`, { signal: leave.signal });
    await arrived.promise;
    leave.abort();
    await expect(call).rejects.toThrow();
    await closed.promise;
  });

  it("forwards nothing when <backend> has neither <base/> nor <forward-request>", async () => {
    let calls = 0;
    const server = await backend((_, response) => {
      calls++;
      response.end();
    });
    const { url } = await gateway(
      { "api.xml": policies({ backend: "" }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${url}/x`);
    expect([response.status, await response.text(), calls]).toEqual([200, "", 0]);
  });

  it("answers 500 with a code and without internals when the backend cannot be reached", async () => {
    const { url, lines } = await gateway(
      { "api.xml": policies({}) },
      describeGateway({ serviceUrl: "http://127.0.0.1:1" }),
    );
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ statusCode: 500, message: "Internal server error" });
    expect(lines.map((line) => line.message).join("\n")).toContain('"reason":"BackendConnectionFailure"');
  });

  it("sends a request again when the backend had closed a kept connection, but none that may have been done", async () => {
    const sockets = new Set<Socket>();
    let calls = 0;
    const server = await backend((request, response) => {
      calls++;
      if (calls > 1 && sockets.has(request.socket)) return void request.socket.destroy();
      sockets.add(request.socket);
      return response.end("answer");
    });
    const { url } = await gateway({ "api.xml": policies({}) }, describeGateway({ serviceUrl: server.url }));
    const ask = async (method: string) => (await fetch(`${url}/x`, { method })).status;
    expect([await ask("GET"), await ask("GET"), calls]).toEqual([200, 200, 3]);
    expect([await ask("POST"), calls]).toEqual([500, 4]);
  });

  it("serves the next request of a connection whose body nobody read", async () => {
    const inbound = "<return-response><set-body>@(context.Request.Method)</set-body></return-response>";
    const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    const body = "x".repeat(5_000_000);
    const answer = await rawRequest(url, [
      "POST /x HTTP/1.1",
      "Host: localhost",
      `Content-Length: ${body.length}`,
      "",
      `${body}GET /x HTTP/1.1`,
      "Host: localhost",
      "Connection: close",
    ]);
    expect(answer.match(/\r\n\r\n(POST|GET)/g)).toEqual(["\r\n\r\nPOST", "\r\n\r\nGET"]);
  });

  it("CAL-4 refuses a query over 2,048 bytes before any policy, as the v2 tiers do, whatever the path", async () => {
    const server = await backend(echo);
    const { url } = await gateway(
      { "api.xml": policies({ inbound: '<set-header name="X-Seen"><value>1</value></set-header>' }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const ask = (query: string) => fetch(`${url}/x?${query}`);
    expect((await ask("q=".padEnd(2048, "x"))).status).toBe(200);
    for (const query of ["q=".padEnd(2049, "x"), "q=%c3".padEnd(4000, "%c3")]) {
      const refused = await ask(query);
      expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([404, null]);
      expect(await refused.text()).toContain("The query string is too long.");
    }
  });

  it("refuses a body that is too large before it reads it", async () => {
    const { url } = await gateway({ "api.xml": policies({}) }, describeGateway({}));
    const answer = await rawRequest(url, [
      "POST /x HTTP/1.1",
      "Host: localhost",
      "Connection: close",
      "Content-Length: 999999999",
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("routing", () => {
  const found = policies({
    inbound: '<return-response><set-status code="204" reason="" /></return-response>',
  });

  it.each([
    ["/a", 204],
    ["/a/", 204],
    ["/a?x=1", 204],
    ["/A", 404],
    ["//a", 404],
    ["/a/b", 404],
    ["/b/../a", 404],
    ["/b/%2e%2e/a", 404],
    ["/%61", 204],
    ["/%2fa", 404],
    ["/a%2f", 404],
    ["/a%5c..", 404],
    ["/%", 404],
  ])("answers %s with %i", async (path, status) => {
    const operations = [{ name: "a", displayName: "A", method: "GET", urlTemplate: "/a" }] as const;
    const { url } = await gateway({ "api.xml": found }, describeGateway({ operations }));
    const answer = await rawRequest(url, [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close"]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each([
    ["/b/../a", 404],
    ["/b/%2E%2e", 404],
    ["/./a", 404],
    ["/a%2Fb", 404],
    ["/a%5Cb", 404],
    ["/a/b.c/..d", 204],
  ])("answers %s with %i where every path would match", async (path, status) => {
    const { url } = await gateway({ "api.xml": found }, describeGateway({}));
    const answer = await rawRequest(url, [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close"]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("answers an unknown method or path as API Management does", async () => {
    const operations = [{ name: "a", displayName: "A", method: "GET", urlTemplate: "/a" }] as const;
    const { url } = await gateway({ "api.xml": found }, describeGateway({ operations }));
    const response = await fetch(`${url}/a`, { method: "DELETE" });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ statusCode: 404, message: "Resource not found" });
  });

  it("does not answer to another host name", async () => {
    const { url } = await gateway({ "api.xml": found }, describeGateway({}));
    const answer = await rawRequest(url, ["GET /a HTTP/1.1", "Host: evil.example", "Connection: close"]);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("prefers the API with the longer path, and literal segments to parameters", async () => {
    const answer = (text: string) =>
      policies({ inbound: `<return-response><set-body>${text}</set-body></return-response>` });
    const description = describeGateway({});
    const [root] = description.apis;
    if (!root) throw new Error("no API");
    const operations = [
      { name: "any", displayName: "Any", method: "GET", urlTemplate: "/{id}", policy: "any.xml" },
      { name: "fixed", displayName: "Fixed", method: "GET", urlTemplate: "/fixed", policy: "fixed.xml" },
    ] as const;
    const { url } = await gateway(
      {
        "api.xml": answer("root"),
        "mcp.xml": policies({}),
        "any.xml": answer('@(context.Request.MatchedParameters["id"])'),
        "fixed.xml": answer("fixed"),
      },
      { ...description, apis: [root, { ...root, name: "mcp", path: "mcp", policy: "mcp.xml", operations }] },
    );
    const get = async (path: string) => (await fetch(`${url}${path}`)).text();
    expect(await Promise.all(["/x", "/mcp/a%20b", "/mcp/fixed", "/mcp-other/x"].map(get))).toEqual([
      "root",
      "a b",
      "fixed",
      "root",
    ]);
  });
});

describe("start and stop", () => {
  it("names the port when it is in use", async () => {
    const first = await gateway({ "api.xml": policies({}) }, describeGateway({}));
    const port = Number(new URL(first.url).port);
    const other = await gateway({ "api.xml": policies({}) }, describeGateway({}));
    await other.gateway.stop();
    const { folder, remove } = await import("../testing/gateway.ts").then(({ writePolicies }) =>
      writePolicies({ "api.xml": policies({}) }),
    );
    const options = { description: describeGateway({}), policiesFolder: folder, port, log: () => {} };
    await expect(
      startGateway({ ...options, identity: { endpoint: "http://127.0.0.1:1", header: "" } }),
    ).rejects.toThrow(`port ${port} is in use`);
    await remove();
  });

  it("ends open streams when it stops", async () => {
    const server = await backend((_, response) => void response.write("start"));
    const started = await startTestGateway(
      { "api.xml": policies({ backend: '<forward-request buffer-response="false" />' }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${started.url}/x`);
    await started.stop();
    await expect(response.text()).rejects.toThrow();
  });

  it("does not start over a wrong policy, and says where it is wrong", async () => {
    const wrong = policies({ inbound: "\n    <base />\n    <set-headr name='a' />" });
    await expect(startTestGateway({ "api.xml": wrong }, describeGateway({}))).rejects.toMatchObject({
      name: "PolicyError",
      file: "api.xml",
      line: 4,
      column: 5,
      message: "api.xml:4:5: the policy <set-headr> is not supported by this gateway",
    });
  });

  it("writes a line a request, without query, headers or bodies", async () => {
    const { url, lines } = await gateway(
      { "api.xml": policies({ inbound: "<return-response />" }) },
      describeGateway({}),
    );
    await fetch(`${url}/path?token=secret1`, {
      method: "POST",
      body: "secret2",
      headers: { Authorization: "Bearer secret3" },
    });
    const text = lines.map((line) => line.message).join("\n");
    expect(JSON.parse(text)).toMatchObject({ event: "request", method: "POST", path: "/path", status: 200 });
    expect(text).not.toContain("secret");
  });
});
