import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { rawRequest } from "../../test/support/raw-request.ts";
import type { LogLine } from "../component.ts";
import { type FunctionsApp, type FunctionsAppOptions, startFunctionsApp } from "./start.ts";
import { bundleTestApp } from "./test-app-bundle.ts";

/** As test-app.ts has it. */
const LARGE_CHUNKS = 64;
/** What thousands of requests may take on a machine that runs other tests beside. */
const FLOOD_TIMEOUT_MS = 120_000;

let folder: string;
let lines: LogLine[] = [];
const started: FunctionsApp[] = [];

beforeAll(async () => {
  folder = await bundleTestApp();
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.stop()));
  lines = [];
});

async function start(options: Partial<FunctionsAppOptions> = {}): Promise<FunctionsApp> {
  const app = await startFunctionsApp({
    name: "app",
    folder,
    settings: {},
    log: (line) => lines.push(line),
    ...options,
  });
  started.push(app);
  return app;
}

function logged(text: string): LogLine | undefined {
  return lines.find((line) => line.message.includes(text));
}

async function processOf(app: FunctionsApp): Promise<number> {
  return Number(await (await fetch(`${app.url}/process`)).text());
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
  } catch {
    return false;
  }
  // A process whose parent has gone may have ended and still be listed, until the system gets to it.
  const status = `/proc/${processId}/status`;
  return !existsSync(status) || !/^State:\s+[ZX]/m.test(readFileSync(status, "utf8"));
}

describe("an app", () => {
  it("has its settings as its environment, and nothing of ours", async () => {
    const app = await start({ settings: { SETTING: "x" } });
    const names = await (await fetch(`${app.url}/environment`)).json();
    expect(names).toContain("SETTING");
    expect(names).not.toContain("PATH");
    expect(names).not.toContain("HOME");
  });

  it("gets the request's URL and headers as they were sent, and none of the host's own", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/request/a%20b?x=1&x=2`, {
      headers: { "X-Forwarded-Host": "gateway.example", "X-Forwarded-For": "203.0.113.7", Cookie: "a=b" },
    });
    const { url, headers } = (await response.json()) as { url: string; headers: Record<string, string> };
    expect(url).toBe(`${app.url}/request/a%20b?x=1&x=2`);
    expect(headers).toMatchObject({
      "x-forwarded-for": "203.0.113.7",
      cookie: "a=b",
      host: new URL(app.url).host,
    });
    for (const name of [
      "x-ms-invocation-id",
      "x-forwarded-host",
      "x-forwarded-proto",
      "x-original-url",
      "x-waws-unencoded-url",
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it.each([
    ["a query parameter", "Headers", '{"X-Caller-Address":"192.0.2.1"}'],
    ["a query parameter", "headers", '{"X-Caller-Address":"192.0.2.1"}'],
    ["a query parameter that has no field's name", "Headers", '{"a b":"c"}'],
    ["a query parameter that has no field's value", "Headers", '{"a":"\\r\\n"}'],
    ["a query parameter that is no object", "Headers", "[1]"],
    ["a query parameter that is null", "Headers", "null"],
  ])("GW-18 gets no headers from %s called %s", async (_, name, value) => {
    const app = await start();
    const response = await fetch(`${app.url}/request/x?${new URLSearchParams({ [name]: value })}`, {
      headers: { "X-Gateway-Authorization": "Bearer a.b.c", "X-Caller-Address": "203.0.113.7" },
      signal: AbortSignal.timeout(10_000),
    });
    expect(await response.json()).toMatchObject({
      headers: { "x-gateway-authorization": "Bearer a.b.c", "x-caller-address": "203.0.113.7" },
    });
  });

  it.each(['{"a b":"c"}', '{"Content-Type":"text/html"}', '"x"', "[1]"])(
    "GW-18 gets no headers from a member of a JSON body called Headers: %s",
    async (value) => {
      const app = await start();
      const body = `{"Headers":${value}}`;
      const response = await fetch(`${app.url}/echo`, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
        signal: AbortSignal.timeout(10_000),
      });
      expect([response.status, await response.text()]).toEqual([200, body]);
    },
  );

  it("GW-18 answers 400 to a request of which no URL can be made", async () => {
    const app = await start();
    for (const host of ["a b", "a:99999", "[::1", "%"]) {
      expect((await rawRequest(app.url, "/process", { headers: { Host: host } })).status).toBe(400);
    }
    expect((await app.memory()).map(({ requests }) => requests)).toEqual([0]);
  });

  it("GW-18 is served as long a line and as many header fields as the host takes", async () => {
    const app = await start();
    const statusOf = async (query: number, cookie: number) => {
      const headers = { Cookie: "c".repeat(cookie) };
      return (await rawRequest(app.url, `/process?${"q".repeat(query)}`, { headers })).status;
    };
    expect([await statusOf(1, 32_000), await statusOf(8_000, 16_000)]).toEqual([200, 200]);
    // The front end of App Service repeats the URL twice.
    expect([await statusOf(8_200, 1), await statusOf(8_000, 17_000), await statusOf(1, 33_000)]).toEqual([
      414, 431, 431,
    ]);
    expect((await app.memory()).map(({ requests }) => requests)).toEqual([0]);
  });

  it(
    "GW-18 keeps nothing of 4,000 requests that name header fields in their query or body",
    async () => {
      const app = await start();
      const query = new URLSearchParams({ Headers: '{"a b":"c"}' });
      const body = '{"Headers":{"a b":"c"}}';
      const send = async (index: number) => {
        const url = index % 2 ? `${app.url}/process?${query}` : `${app.url}/echo`;
        const init = index % 2 ? {} : { method: "POST", body };
        const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
        await response.text();
        return response.status;
      };
      const flood = async (requests: number) => {
        const statuses = new Set<number>();
        const from = { next: 0 };
        const lane = async () => {
          while (from.next < requests) statuses.add(await send(from.next++));
        };
        await Promise.all(Array.from({ length: 8 }, lane));
        return [...statuses];
      };
      expect(await flood(400)).toEqual([200]);
      const [before] = await app.memory();
      expect(await flood(4_000)).toEqual([200]);
      const [after] = await app.memory();
      expect(after?.requests).toBe(0);
      // Each of them was 4.5 KiB that stayed; what is compiled meanwhile comes and goes with a megabyte or two.
      expect((after?.heapUsed ?? 0) - (before?.heapUsed ?? 0)).toBeLessThan(4_000 * 1024);
    },
    FLOOD_TIMEOUT_MS,
  );

  it("answers with several cookies and all their attributes", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/cookies`);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split("; ").sort());
    expect(cookies).toEqual([
      ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure", "__Host-flow=eyJh.b-c_d"],
      ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Strict", "Secure", "__Host-csrf="],
    ]);
  });

  it("streams its answer, each chunk as it is written", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/stream/1`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toMatchObject({ value: "data: first\n\n" });
    for (const event of ["data: second\n\n", "data: third\n\n"]) {
      await fetch(`${app.url}/stream-event/1`, { method: "POST", body: event });
      expect(await reader?.read()).toMatchObject({ value: event });
    }
    await reader?.cancel();
  });

  it("is not asked for more of its answer than its caller reads", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/large`);
    const reader = response.body?.getReader();
    await reader?.read();
    const chunksMade = async () => Number(await (await fetch(`${app.url}/large-chunks`)).text());
    let [before, now] = [-1, await chunksMade()];
    while (now !== before) {
      await setTimeout(100);
      [before, now] = [now, await chunksMade()];
    }
    expect(now).toBeLessThan(LARGE_CHUNKS);
    while (!(await reader?.read())?.done);
    expect(await chunksMade()).toBe(LARGE_CHUNKS);
  });

  it("streams the request to it, each chunk as it is written", async () => {
    const app = await start();
    const outgoing = httpRequest(`${app.url}/echo`, { method: "POST" });
    outgoing.write("first");
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(String((await once(incoming, "data"))[0])).toBe("first");
    outgoing.write("second");
    expect(String((await once(incoming, "data"))[0])).toBe("second");
    outgoing.end();
    await once(incoming, "end");
  });

  it("keeps a caller's connection for as long as Azure's front end does", async () => {
    const app = await start();
    const outgoing = httpRequest(`${app.url}/cookies`, { headers: { connection: "keep-alive" } }).end();
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(incoming.headers["keep-alive"]).toBe("timeout=240");
    incoming.resume();
    await once(incoming, "end");
    outgoing.destroy();
  });

  it("gets and gives every byte as it is", async () => {
    const app = await start();
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256);
    const response = await fetch(`${app.url}/echo`, { method: "POST", body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
  });

  it("answers 500 where its answer's stream fails before it has begun", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/broken-stream`);
    expect([response.status, await response.text()]).toEqual([500, ""]);
    await vi.waitFor(() => expect(logged("response_stream_failed")).toMatchObject({ level: "error" }));
    expect(lines.filter(({ message }) => message.includes("response_stream_failed"))).toHaveLength(1);
  });

  it("learns that its caller has gone, and its answer's stream is cancelled", async () => {
    const app = await start();
    const caller = new AbortController();
    const response = await fetch(`${app.url}/stream/2`, { signal: caller.signal });
    await response.body?.getReader().read();
    caller.abort();
    await vi.waitFor(() => {
      expect(logged("request_aborted")).toBeDefined();
      expect(logged("stream_cancelled")).toBeDefined();
    });
  });

  it("learns that its caller has gone before it answered", async () => {
    const app = await start();
    const caller = new AbortController();
    const answer = fetch(`${app.url}/waiting`, { signal: caller.signal });
    await vi.waitFor(() => expect(logged('"event":"waiting"')).toBeDefined());
    caller.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(logged("caller_gone")).toBeDefined());
  });

  it("may answer before it has read the request, and the caller who is still sending gets the answer", async () => {
    const app = await start();
    const caller = connect(Number(new URL(app.url).port), "127.0.0.1");
    const answer = once(caller, "data") as Promise<[Buffer]>;
    const body = Buffer.alloc(10 * 1024 * 1024);
    caller.write(`POST /refusal HTTP/1.1\r\nHost: app.example\r\nContent-Length: ${body.length}\r\n\r\n`);
    const sent = promisify(caller.write.bind(caller) as (data: Buffer, sent: () => void) => void)(body);
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 413 /);
    await sent;
    caller.destroy();
  });

  it("tears the connection when its answer's stream fails, so that no one takes it for whole", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/stream/3`);
    const reader = response.body?.getReader();
    await reader?.read();
    await fetch(`${app.url}/stream-event/3`, { method: "POST", body: "fail" });
    await expect(reader?.read()).rejects.toThrow();
    await vi.waitFor(() => expect(logged("response_stream_failed")).toMatchObject({ level: "error" }));
  });

  it.each([204, 304])("answers %i without a body", async (status) => {
    const app = await start();
    const response = await fetch(`${app.url}/status/${status}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe("");
  });

  it("answers HEAD without a body, and 404 where no function takes path and method", async () => {
    const app = await start();
    const head = await fetch(`${app.url}/request/x`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${app.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${app.url}/echo`)).status).toBe(404);
  });

  it("answers 500 server_error to an exception, and logs its kind and frames, never its message", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/failure`, { headers: { "X-Correlation-Id": "abcdefgh-1234" } });
    expect(response.status).toBe(500);
    expect(response.headers.get("X-Correlation-Id")).toBe("abcdefgh-1234");
    expect(await response.json()).toEqual({ error: "server_error" });
    await vi.waitFor(() => expect(logged("unexpected_error")).toMatchObject({ level: "error" }));
    expect(JSON.parse(logged("unexpected_error")?.message ?? "")).toMatchObject({
      correlationId: "abcdefgh-1234",
      errorName: "TypeError",
      stack: expect.stringContaining("app.mjs:"),
    });
    expect(logged("eyJ")).toBeUndefined();
  });

  it("logs one line a request, without query and headers, under the correlation ID it answers with", async () => {
    const app = await start();
    const response = await fetch(`${app.url}/request/x?secret=1`, {
      headers: { "X-Correlation-Id": "no good" },
    });
    const correlationId = response.headers.get("X-Correlation-Id");
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    await vi.waitFor(() => expect(logged('"event":"request"')).toBeDefined());
    const requests = lines.filter((line) => line.message.includes('"event":"request"'));
    expect(
      requests.map(({ component, level, message }) => ({ component, level, ...JSON.parse(message) })),
    ).toEqual([
      {
        component: "app",
        level: "info",
        event: "request",
        correlationId,
        function: "request",
        method: "GET",
        status: 200,
        milliseconds: expect.any(Number),
      },
    ]);
    expect(logged("asked")).toMatchObject({ level: "warn" });
    expect(logged("secret")).toBeUndefined();
  });
});

describe("several instances", () => {
  it("take requests in turn, each in a process of its own, and tell their memory", async () => {
    const app = await start({ instances: 2 });
    const answers: number[] = [];
    for (let index = 0; index < 4; index += 1) answers.push(await processOf(app));
    const [first, second] = app.processIds;
    expect(answers).toEqual([first, second, first, second]);
    expect(first).not.toBe(second);
    const memory = await app.memory();
    expect(memory).toHaveLength(2);
    for (const { rss, heapUsed } of memory) expect(rss).toBeGreaterThan(heapUsed);
  });

  it("go on without one that died, which is reported; with none left the answer is 503", async () => {
    const app = await start({ instances: 2 });
    const [first, second] = app.processIds;
    expect((await fetch(`${app.url}/exit`, { method: "POST" })).status).toBe(503);
    await vi.waitFor(() => {
      expect(logged(`process ${first} ended by itself (exit code 3)`)).toMatchObject({
        component: "app/1",
        level: "error",
      });
    });
    for (let index = 0; index < 2; index += 1) {
      expect(await processOf(app)).toBe(second);
    }
    await fetch(`${app.url}/exit`, { method: "POST" });
    await vi.waitFor(() => expect(logged(`process ${second} ended by itself`)).toBeDefined());
    expect((await fetch(`${app.url}/process`)).status).toBe(503);
  });
});

describe("starting and ending", () => {
  it("answers 404 everywhere for an app that does not load, and its log says why", async () => {
    const app = await start({ settings: { FAIL_WITH: "SETTING is not set" }, instances: 2 });
    expect(app.loadFailure).toBe("SETTING is not set");
    for (const path of ["/process", "/request/x", "/nothing", "/"]) {
      const response = await fetch(`${app.url}${path}`);
      expect([response.status, await response.text()]).toEqual([404, ""]);
      expect(response.headers.has("X-Correlation-Id")).toBe(false);
    }
    expect(logged("the app did not load: SETTING is not set")).toMatchObject({ level: "error" });
  });

  it("rejects with the name of a file that is missing", async () => {
    await expect(start({ folder: join(folder, "nothing") })).rejects.toThrow("host.json");
  });

  it("rejects when its port is in use, and leaves no process", async () => {
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(start({ port })).rejects.toThrow(`app: port ${port} is in use`);
    taken.close();
  });

  it("leaves neither process nor port, even with a stream under way", async () => {
    const app = await start({ instances: 2 });
    const response = await fetch(`${app.url}/stream/4`);
    await app.stop();
    await expect(response.text()).rejects.toThrow();
    expect(app.processIds.filter(isRunning)).toEqual([]);
    await expect(fetch(`${app.url}/process`)).rejects.toThrow();
  });

  it("ends an instance whose host was killed", async () => {
    const host = startHostProcess();
    try {
      const [line] = await once(host.stdout ?? host, "data");
      const { processIds } = JSON.parse(String(line)) as { processIds: number[] };
      expect(processIds.filter(isRunning)).toEqual(processIds);
      host.kill("SIGKILL");
      await once(host, "exit");
      await vi.waitFor(() => expect(processIds.filter(isRunning)).toEqual([]), { timeout: 10_000 });
    } finally {
      host.kill("SIGKILL");
    }
  });
});

/** A process that starts the app, prints its instances' process IDs, and stays. */
function startHostProcess(): ChildProcess {
  const start = JSON.stringify(join(import.meta.dirname, "start.ts"));
  const options = JSON.stringify({ name: "app", folder, settings: {} });
  const script = `
    import { startFunctionsApp } from ${start};
    const app = await startFunctionsApp({ ...${options}, log: () => undefined });
    process.stdout.write(JSON.stringify({ processIds: app.processIds }));
  `;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
