import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../../../twin/free-port.ts";
import { type ConnectProxy, startConnectProxy } from "../../testing/connect-proxy.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { failureOf } from "../../testing/failure.ts";
import { fetchJson } from "./fetch.ts";
import type { FetchError } from "./fetch-error.ts";
import { internet, type Network, publicInternet } from "./network.ts";

const URL_OF_DOCUMENT = "https://client.example/client.json";
const LIMITS = { bytes: 5 * 1024, milliseconds: 5_000 };

let host: DocumentHost;
let proxy: ConnectProxy;
beforeAll(async () => {
  host = await startDocumentHost();
  proxy = await startConnectProxy(host.network.port);
});
afterAll(async () => {
  await proxy.stop();
  await host.stop();
});
beforeEach(() => {
  host.answer = answering({ ok: true });
  host.received.length = 0;
  proxy.answer = proxy.tunnel;
  proxy.asked.length = 0;
  proxy.headers.length = 0;
});

/** Our own DNS knows no name, as in a network that leaves names to its proxy. */
const nameless = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));

const throughProxy = (changes: Partial<Network> = {}): Network => ({
  ...host.network,
  resolve: nameless,
  mayReach: publicInternet.mayReach,
  proxy: proxy.url,
  ...changes,
});

const fetchFrom = (changes?: Partial<Network>, url = URL_OF_DOCUMENT, limits = LIMITS) =>
  fetchJson(throughProxy(changes), url, limits);

async function refusal(...of: Parameters<typeof fetchFrom>) {
  const { kind, reason } = (await failureOf(fetchFrom(...of))) as FetchError;
  return `${kind}: ${reason}`;
}

describe("fetchJson through a proxy", () => {
  it("CLI-15 CLI-4 reads the document in TLS with its host, and tells the proxy the host's name only", async () => {
    expect((await fetchFrom()).value).toEqual({ ok: true });
    expect(proxy.asked).toEqual([`client.example:${host.network.port}`]);
    expect(proxy.headers).toEqual([
      { host: `client.example:${host.network.port}`, connection: expect.any(String) },
    ]);
    expect(host.received).toEqual([
      {
        path: "/client.json",
        host: "client.example",
        serverName: "client.example",
        headers: {
          host: "client.example",
          accept: "application/json",
          "accept-encoding": "identity",
          "user-agent": "entra-mcp-gateway",
          connection: expect.any(String),
        },
      },
    ]);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("CLI-4 refuses a host behind the proxy whose certificate names another", async () => {
    expect(await refusal({}, "https://another.example/client.json")).toBe(
      "unavailable: network ERR_TLS_CERT_ALTNAME_INVALID",
    );
    expect(host.received).toEqual([]);
  });

  it("CLI-4 refuses a certificate that nobody vouches for, as a proxy that reads along has it", async () => {
    const { certificates: _, ...network } = throughProxy();
    const failure = (await failureOf(fetchJson(network, URL_OF_DOCUMENT, LIMITS))) as FetchError;
    expect(failure.reason).toBe("network DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(host.received).toEqual([]);
  });

  it.each([[["10.0.0.1"]], [["8.8.8.8", "169.254.169.254"]], [["::1"]]])(
    "CLI-4 CLI-15 does not ask the proxy for a name that our own DNS leads to %j",
    async (addresses) => {
      expect(await refusal({ resolve: async () => addresses })).toBe("forbidden: address_not_public");
      expect(proxy.asked).toEqual([]);
    },
  );

  it("CLI-15 asks the proxy for a name that our own DNS knows as public, and for one that it does not know", async () => {
    for (const resolve of [async () => ["8.8.8.8"], async () => [], nameless]) {
      expect((await fetchFrom({ resolve })).value).toEqual({ ok: true });
    }
    expect(proxy.asked).toHaveLength(3);
  });

  it("CLI-15 waits for our own DNS for a part of the time only", async () => {
    const silent = (_: string, signal: AbortSignal) =>
      new Promise<readonly string[]>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    expect((await fetchFrom({ resolve: silent })).value).toEqual({ ok: true });
    expect(proxy.asked).toHaveLength(1);
  });

  it("CLI-4 asks the proxy for no address and no other port", async () => {
    for (const url of ["https://10.0.0.1/c", "https://client.example:8443/c", "https://localhost/c"]) {
      expect(await refusal({}, url)).toMatch(/^refused: url /);
    }
    expect(proxy.asked).toEqual([]);
  });

  it("CLI-15 says that the document is out of reach when the proxy will not lead there", async () => {
    proxy.answer = (socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    expect(await refusal()).toBe("unavailable: proxy status 403");
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("CLI-15 says that the document is out of reach when the proxy is not there, or hangs up", async () => {
    const closed = `http://127.0.0.1:${await freePort()}`;
    expect(await refusal({ proxy: closed })).toBe("unavailable: proxy ECONNREFUSED");
    proxy.answer = (socket) => socket.destroy();
    expect(await refusal()).toBe("unavailable: proxy ECONNRESET");
  });

  it.each<[string, ConnectProxy["answer"]]>([
    ["a proxy that says nothing", () => undefined],
    ["a host that says nothing behind it", (socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n")],
  ])("CLI-4 waits no longer than it may for %s", async (_, answer) => {
    proxy.answer = answer;
    const soon = { ...LIMITS, milliseconds: 150 };
    expect(await refusal({ resolve: async () => [] }, URL_OF_DOCUMENT, soon)).toBe("unavailable: timeout");
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("CLI-4 refuses what a proxy says before the host could", async () => {
    proxy.answer = (socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}");
    expect(await refusal()).toBe("unavailable: proxy early_data");
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("CLI-4 refuses headers of a proxy without end", async () => {
    proxy.answer = (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(9_000)}\r\n\r\n`);
    expect(await refusal()).toBe("unavailable: proxy HPE_HEADER_OVERFLOW");
  });

  it("CLI-4 takes no more bytes through a proxy than without one", async () => {
    host.answer = answering("x".repeat(5 * 1024 - 1));
    expect(await refusal()).toBe("refused: too_large");
  });
});

describe("internet", () => {
  it("CLI-4 CLI-15 goes directly unless a proxy is named, whatever the environment says", () => {
    const before = process.env["HTTPS_PROXY"];
    process.env["HTTPS_PROXY"] = "http://proxy.example:3128";
    try {
      expect(internet()).toEqual(publicInternet);
      expect(internet("http://proxy.contoso.com:3128")).toEqual({
        ...publicInternet,
        proxy: "http://proxy.contoso.com:3128",
      });
    } finally {
      if (before === undefined) delete process.env["HTTPS_PROXY"];
      else process.env["HTTPS_PROXY"] = before;
    }
  });
});
