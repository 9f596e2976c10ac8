import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startServer, type TestServer } from "../../testing/gateway.ts";
import { ValueCache } from "./cache.ts";
import { ManagedIdentity } from "./managed-identity.ts";
import { OpenIdConfigurations } from "./openid-configurations.ts";
import { RateCounters } from "./rate-counters.ts";

let milliseconds = 0;

beforeEach(() => {
  milliseconds = 1_000_000;
  vi.spyOn(performance, "now").mockImplementation(() => milliseconds);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const pass = (seconds: number) => {
  milliseconds += seconds * 1000;
};

describe("the cache", () => {
  it("forgets a value after its duration", () => {
    const cache = new ValueCache();
    cache.set("a", "value", 10);
    pass(9.9);
    expect(cache.get("a")).toBe("value");
    pass(0.1);
    expect(cache.get("a")).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it("holds a bounded number of values", () => {
    const cache = new ValueCache();
    for (let index = 0; index < 10_050; index++) cache.set(String(index), index, 60);
    expect(cache.size).toBe(10_000);
    expect(cache.get("0")).toBeUndefined();
    expect(cache.get("10049")).toBe(10_049);
  });
});

describe("rate counters", () => {
  it("count over a sliding window", () => {
    const rates = new RateCounters();
    rates.count("a", 60, 1);
    pass(30);
    rates.count("a", 60, 1);
    expect(rates.state("a", 60)).toEqual({ used: 2, renewsIn: 30 });
    pass(30);
    expect(rates.state("a", 60)).toEqual({ used: 1, renewsIn: 30 });
    pass(30);
    expect(rates.state("a", 60)).toEqual({ used: 0, renewsIn: 0 });
  });
});

describe("rate counters over many calls", () => {
  it("count what a scan of the window would", () => {
    const rates = new RateCounters();
    let calls: number[] = [];
    for (let turn = 0; turn < 2000; turn++) {
      pass((turn * 7919) % 13 === 0 ? 9 : 0.3);
      const count = (turn * 31) % 4;
      rates.count("a", 60, count);
      for (let added = 0; added < count; added++) calls.push(milliseconds);
      const start = milliseconds - 60_000;
      calls = calls.filter((time) => time > start);
      const [oldest] = calls;
      const renewsIn = oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest - start) / 1000));
      expect(rates.state("a", 60)).toEqual({ used: calls.length, renewsIn });
    }
  });
});

describe("OpenID configurations", () => {
  async function provider(): Promise<TestServer & { calls(): number }> {
    let calls = 0;
    const server = await startServer((request, response) => {
      if (request.url === "/keys") return response.end('{"keys":[]}');
      calls++;
      return response.end(JSON.stringify({ issuer: "i", jwks_uri: `http://${request.headers.host}/keys` }));
    });
    return { ...server, calls: () => calls };
  }

  it("are asked for again after an hour, and because of an unknown key every 5 minutes at most", async () => {
    const server = await provider();
    const configurations = new OpenIdConfigurations();
    await configurations.get(server.url);
    pass(299);
    await configurations.refresh(server.url);
    expect(server.calls()).toBe(1);
    pass(1);
    await configurations.refresh(server.url);
    expect(server.calls()).toBe(2);
    pass(3600);
    await configurations.get(server.url);
    expect(server.calls()).toBe(2);
    pass(1);
    await configurations.get(server.url);
    expect(server.calls()).toBe(3);
    await server.stop();
  });

  it("are asked for again soon after a failure", async () => {
    let works = false;
    const server = await startServer((request, response) => {
      if (!works) return response.writeHead(503).end();
      if (request.url === "/keys") return response.end('{"keys":[]}');
      return response.end(JSON.stringify({ jwks_uri: `http://${request.headers.host}/keys` }));
    });
    const configurations = new OpenIdConfigurations();
    await expect(configurations.get(server.url)).rejects.toThrow("answered 503");
    works = true;
    await expect(configurations.get(server.url)).rejects.toThrow("answered 503");
    pass(3);
    expect(await configurations.get(server.url)).toEqual({ issuer: undefined, keys: [] });
    await server.stop();
  });
});

describe("managed identity tokens", () => {
  it("are asked for again when they are about to end, and after a failure", async () => {
    const answers = [
      { status: 500, expiresIn: 0 },
      { status: 200, expiresIn: 200 },
      { status: 200, expiresIn: 3600 },
    ];
    let calls = 0;
    const server = await startServer((_, response) => {
      const { status = 500, expiresIn = 0 } = answers[calls++] ?? {};
      const expires_on = String(Math.floor(Date.now() / 1000) + expiresIn);
      response.writeHead(status).end(JSON.stringify({ access_token: `token ${calls}`, expires_on }));
    });
    const identity = new ManagedIdentity({ endpoint: server.url, header: "h" });
    await expect(identity.token("r", undefined)).rejects.toThrow("answered 500");
    expect(await identity.token("r", undefined)).toBe("token 2");
    expect(await identity.token("r", undefined)).toBe("token 3");
    expect(await identity.token("r", undefined)).toBe("token 3");
    await server.stop();
  });
});
