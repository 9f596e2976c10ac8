import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type FrontEnd, startFrontEnd } from "./front-end.ts";
import type { Instance } from "./instance.ts";
import type { Invocation } from "./rpc.ts";

let frontEnd: FrontEnd;
let stream: Server;
let invocations: Invocation[];

/** A front end before an instance of which there is only the HTTP stream. */
async function start(listener: RequestListener): Promise<void> {
  invocations = [];
  stream = createServer(listener).listen(0, "127.0.0.1");
  await once(stream, "listening");
  const instance: Instance = {
    processId: 0,
    httpPort: (stream.address() as AddressInfo).port,
    functions: [],
    alive: true,
    invoke: (invocation) => void invocations.push(invocation),
    completed: () => undefined,
    advanceClock: async () => undefined,
    memory: () => Promise.reject(new Error("has none")),
    cpu: () => Promise.reject(new Error("has none")),
    logWritten: async () => undefined,
    stop: async () => undefined,
  };
  frontEnd = await startFrontEnd({
    port: 0,
    router: () => ({ name: "any", parameters: {} }),
    nextInstance: () => instance,
  });
}

afterEach(async () => {
  await frontEnd.close();
  stream.closeAllConnections();
  stream.close();
});

it("brings the app the whole target twice more, as the front end of App Service adds it", async () => {
  const added: unknown[] = [];
  await start((request, response) => {
    added.push(request.headers["x-original-url"], request.headers["x-waws-unencoded-url"]);
    response.end();
  });
  await fetch(`${frontEnd.url}/a%20b?c=d`, { headers: { "x-original-url": "/forged" } });
  expect(added).toEqual(["/a%20b?c=d", "/a%20b?c=d"]);
});

it("refuses a request line of more than 8 KiB, as Kestrel does", async () => {
  // The app gets the target three times, and this one has Node's own limit for it.
  await start((_, response) => response.end());
  const target = (length: number) => `${frontEnd.url}/${"x".repeat(length - 1)}`;
  expect((await fetch(target(5 * 1024))).status).toBe(200);
  expect((await fetch(target(8 * 1024 + 1))).status).toBe(414);
});

describe("a request that the app does not answer, its connection broken,", () => {
  const attempts: string[] = [];
  const breakAll: RequestListener = (request) => {
    attempts.push(String(request.headers["x-ms-invocation-id"]));
    request.socket.destroy();
  };

  it.each(["GET", "DELETE", "POST"])(
    "is sent ten times for one invocation where it has no body: %s",
    async (method) => {
      attempts.length = 0;
      await start(breakAll);
      const response = await fetch(frontEnd.url, { method });
      expect([response.status, attempts.length, invocations.length]).toEqual([500, 10, 1]);
      expect(new Set(attempts)).toEqual(new Set([invocations[0]?.invocationId]));
    },
  );

  it.each<[string, RequestInit]>([
    ["of stated length", { body: "x" }],
    ["in chunks", { body: new Blob(["x"]).stream(), duplex: "half" } as RequestInit],
  ])("is sent once where it has a body %s", async (_, body) => {
    attempts.length = 0;
    await start(breakAll);
    const response = await fetch(frontEnd.url, { method: "POST", ...body });
    expect([response.status, attempts.length]).toEqual([500, 1]);
  });

  it("is not sent again once the answer has begun", async () => {
    attempts.length = 0;
    await start((request, response) => {
      attempts.push("");
      response.write("x", () => request.socket.destroy());
    });
    await expect(fetch(frontEnd.url).then((response) => response.text())).rejects.toThrow();
    expect(attempts).toHaveLength(1);
  });
});

it("sends the same body that it reads the metadata from", async () => {
  await start(async (request, response) => {
    for await (const chunk of request) response.write(chunk);
    response.end();
  });
  const body = '{"Headers":{"a b":"c"}}';
  const response = await fetch(frontEnd.url, { method: "POST", body });
  expect(await response.text()).toBe(body);
  expect(invocations[0]?.triggerMetadata["Headers"]).toEqual({ json: '{"a b":"c"}' });
});
