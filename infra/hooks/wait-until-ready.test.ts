import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitUntilReady } from "./wait-until-ready.ts";

const MINUTE = 60_000;

let server: Server;
let url: string;
/** The statuses to come; the last one stays. */
let statuses: number[];
let asked: number;
let said: string[];
const say = (text: string) => said.push(text);

beforeEach(async () => {
  asked = 0;
  said = [];
  server = createServer((_, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)] ?? 200;
    asked += 1;
    if (status === 0) response.destroy();
    else response.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/ready`;
});
afterEach(() => new Promise<unknown>((resolve) => server.close(resolve)));

describe("waiting for a new deployment", () => {
  it("ends with the first 200, whatever came before, and says once what it waits for", async () => {
    statuses = [404, 503, 0, 302, 200, 503];
    expect(await waitUntilReady(url, { atMost: MINUTE, pause: 1, say })).toBeUndefined();
    expect(asked).toBe(5);
    expect(said).toEqual([`${url} gives 404; waiting for 200, at most 1 min`]);
  });

  it("is none where all is well", async () => {
    statuses = [200];
    expect(await waitUntilReady(url, { atMost: MINUTE, pause: 1, say })).toBeUndefined();
    expect({ asked, said }).toEqual({ asked: 1, said: [] });
  });

  it.each([
    [503, "503"],
    [0, "no answer"],
  ])("ends when time is up, with what came last: %i", async (status, seen) => {
    statuses = [status];
    expect(await waitUntilReady(url, { atMost: 0, pause: 1, say })).toBe(seen);
    expect({ asked, said }).toEqual({ asked: 1, said: [] });
  });
});
