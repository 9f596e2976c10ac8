import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { type AddressInfo, getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from "node:net";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { failureOf } from "../../testing/failure.ts";
import { fetchJson } from "./fetch.ts";
import type { FetchError } from "./fetch-error.ts";
import { type Network, publicInternet } from "./network.ts";

const URL_OF_DOCUMENT = "https://client.example/client.json";
const LIMITS = { bytes: 5 * 1024, milliseconds: 5_000 };

let host: DocumentHost;
beforeAll(async () => {
  host = await startDocumentHost();
});
afterAll(() => host.stop());
beforeEach(() => {
  host.answer = answering({ ok: true });
  host.received.length = 0;
  host.resolved.length = 0;
});

const fetchFrom = (network: Partial<Network>, url = URL_OF_DOCUMENT, limits = LIMITS) =>
  fetchJson({ ...host.network, ...network }, url, limits);

async function refusal(network: Partial<Network> = {}, url?: string, limits?: typeof LIMITS) {
  const { kind, reason } = (await failureOf(fetchFrom(network, url, limits))) as FetchError;
  return `${kind}: ${reason}`;
}

describe("fetchJson", () => {
  it("CLI-4 keeps the name in Host, in SNI and in the certificate's check, and sends nothing of ours", async () => {
    expect((await fetchFrom({})).value).toEqual({ ok: true });
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
  });

  it("CLI-4 refuses a host whose certificate names another", async () => {
    expect(await refusal({}, "https://another.example/client.json")).toBe(
      "unavailable: network ERR_TLS_CERT_ALTNAME_INVALID",
    );
    expect(host.received).toEqual([]);
  });

  it("CLI-4 refuses a certificate that nobody vouches for, whatever the environment says", async () => {
    const { certificates: _, ...network } = host.network;
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const failure = (await failureOf(fetchJson(network, URL_OF_DOCUMENT, LIMITS))) as FetchError;
      expect(failure.reason).toBe("network DEPTH_ZERO_SELF_SIGNED_CERT");
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("CLI-4 asks for the name's addresses once, and connects to those (DNS rebinding)", async () => {
    const asked: string[] = [];
    const checked: string[] = [];
    const answers = [["127.0.0.1"], ["169.254.169.254"]];
    await fetchFrom({
      resolve: async (name) => {
        asked.push(name);
        return answers.shift() ?? [];
      },
      mayReach: (address) => {
        checked.push(address);
        return true;
      },
    });
    expect(asked).toEqual(["client.example"]);
    expect(checked).toEqual(["127.0.0.1"]);
    expect(host.received).toHaveLength(1);
  });

  it.each([
    [["127.0.0.1"]],
    [["8.8.8.8", "127.0.0.1"]],
    [["::1", "8.8.8.8"]],
    [["8.8.8.8", "::ffff:7f00:1"]],
  ])("CLI-4 does not connect when a name's addresses are %j", async (addresses) => {
    const network = { mayReach: publicInternet.mayReach, resolve: async () => addresses };
    expect(await refusal(network)).toBe("forbidden: address_not_public");
    expect(host.received).toEqual([]);
  });

  it("CLI-4 does not ask for the addresses of what it would not fetch", async () => {
    expect(await refusal({}, "https://127.0.0.1/client.json")).toMatch(/^refused: url /);
    expect(host.resolved).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])("CLI-4 follows no redirect: %i", async (status) => {
    host.answer = (_, response) =>
      response.writeHead(status, { location: "https://client.example/other.json" }).end("{}");
    expect(await refusal()).toBe(`refused: status ${status}`);
    expect(host.received).toHaveLength(1);
  });

  it.each([
    [204, "refused"],
    [400, "refused"],
    [404, "gone"],
    [410, "gone"],
    [401, "unavailable"],
    [403, "unavailable"],
    [408, "unavailable"],
    [425, "unavailable"],
    [429, "unavailable"],
    [451, "unavailable"],
    [500, "unavailable"],
    [503, "unavailable"],
  ])(
    "CLI-15 tells a document that is not served here from one that is gone or will not do: %i",
    async (status, kind) => {
      host.answer = (_, response) => response.writeHead(status, { "content-type": "application/json" }).end();
      expect(await refusal()).toBe(`${kind}: status ${status}`);
    },
  );

  it.each([
    ["application/json", true],
    ["application/json; charset=utf-8", true],
    ["application/json ; charset=utf-8", true],
    ["Application/JSON", true],
    ["application/oauth-client-id+json", true],
    ["text/html", false],
    ["text/json", false],
    ["application/javascript", false],
    ["application/jsonx", false],
    ["xapplication/json", false],
    ["", false],
  ])("CLI-4 looks at the content type: %j", async (type, accepted) => {
    host.answer = (_, response) => response.writeHead(200, { "content-type": type }).end("{}");
    if (accepted) expect((await fetchFrom({})).value).toEqual({});
    else expect(await refusal()).toBe("refused: content_type");
  });

  it("CLI-4 refuses an answer that does not say what it is", async () => {
    host.answer = (_, response) => response.writeHead(200).end("{}");
    expect(await refusal()).toBe("refused: content_type");
  });

  it("CLI-4 lets go of a host as soon as its answer will not do", async () => {
    const closed = Promise.withResolvers<void>();
    host.answer = (_, response) => {
      response.on("close", () => closed.resolve()).writeHead(404);
      response.write("more to come");
    };
    expect(await refusal({}, undefined, { ...LIMITS, milliseconds: 600_000 })).toBe("gone: status 404");
    await closed.promise;
  });

  it("CLI-4 connects to a checked address also where the runtime asks for one alone", async () => {
    const before = getDefaultAutoSelectFamily();
    setDefaultAutoSelectFamily(false);
    try {
      expect((await fetchFrom({})).value).toEqual({ ok: true });
    } finally {
      setDefaultAutoSelectFamily(before);
    }
  });

  it.each(["", "{", "{}{}", "<html>", "{'a':1}"])("refuses a body that is no JSON: %j", async (body) => {
    host.answer = (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(body);
    expect(await refusal()).toBe("refused: not_json");
  });

  it("refuses bytes that are no UTF-8", async () => {
    host.answer = (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(Buffer.from([0x22, 0xff, 0x22]));
    expect(await refusal()).toBe("refused: not_json");
  });

  it("CLI-4 takes 5 KB, and not a byte more, whatever length the answer says it has", async () => {
    const text = (length: number) => `"${"x".repeat(length - 2)}"`;
    host.answer = answering("x".repeat(5 * 1024 - 2));
    expect((await fetchFrom({})).value).toHaveLength(5 * 1024 - 2);
    host.answer = answering("x".repeat(5 * 1024 - 1));
    expect(await refusal()).toBe("refused: too_large");
    host.answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(text(4000));
      response.end(text(4000));
    };
    expect(await refusal()).toBe("refused: too_large");
  });

  it("CLI-4 stops an endless body where the limit is", async () => {
    const closed = Promise.withResolvers<void>();
    let sent = 0;
    host.answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(1024))) sent += 1024;
      };
      response.on("drain", more).on("close", () => closed.resolve());
      more();
    };
    expect(await refusal()).toBe("refused: too_large");
    await closed.promise;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("CLI-4 refuses a small body that would unfold into a large one", async () => {
    host.answer = (_, response) =>
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync(JSON.stringify("x".repeat(1_000_000))));
    expect(await refusal()).toBe("refused: content_encoding");
  });

  it("CLI-4 refuses headers without end", async () => {
    host.answer = (_, response) =>
      response.writeHead(200, { "content-type": "application/json", "x-large": "x".repeat(9_000) }).end("{}");
    expect(await refusal()).toBe("unavailable: network HPE_HEADER_OVERFLOW");
  });

  const soon = { ...LIMITS, milliseconds: 150 };
  it.each<[string, Partial<Network>, DocumentHost["answer"]]>([
    ["a resolver that says nothing", { resolve: () => new Promise(() => undefined) }, () => undefined],
    ["a host that says nothing", {}, () => undefined],
    [
      "a host that says a byte at a time",
      {},
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
  ])("CLI-4 waits no longer than it may for %s", async (_, network, answer) => {
    host.answer = answer;
    expect(await refusal(network, URL_OF_DOCUMENT, soon)).toBe("unavailable: timeout");
  });

  it("says that a name without addresses, or a resolver that fails, may do another time", async () => {
    expect(await refusal({ resolve: async () => [] })).toBe("unavailable: dns_without_addresses");
    const failing = Object.assign(new Error("x"), { code: "ENOTFOUND" });
    const failure = await failureOf(fetchFrom({ resolve: () => Promise.reject(failing) }));
    expect(failure).toMatchObject({ kind: "unavailable", reason: "network ENOTFOUND" });
    expect(String(failure)).toBe("FetchError: fetch: network ENOTFOUND");
    expect(failure.cause).toBe(failing);
  });

  it.each([undefined, {}, { code: 42 }, { code: "a text ENOTFOUND" }, { code: "ENOTFOUND of a name" }])(
    "keeps out of the log what is no code: %j",
    async (error) => {
      expect(await refusal({ resolve: () => Promise.reject(error) })).toBe("unavailable: network failed");
    },
  );

  it("CLI-4 goes to the checked address even where the environment names a proxy", async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.end();
    });
    proxy.on("connect", (request, socket) => {
      seen.push(request.url ?? "");
      socket.destroy();
    });
    await new Promise<void>((listening) => {
      proxy.listen(0, "127.0.0.1", listening);
    });
    const script = `
      import { fetchJson } from ${JSON.stringify(resolve(import.meta.dirname, "fetch.ts"))};
      const network = { ...JSON.parse(process.env.NETWORK), resolve: async () => ["127.0.0.1"], mayReach: () => true };
      const { value } = await fetchJson(network, ${JSON.stringify(URL_OF_DOCUMENT)}, ${JSON.stringify(LIMITS)});
      process.stdout.write(JSON.stringify(value));`;
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module-typescript", "--eval", script],
      {
        timeout: 20_000,
        env: {
          PATH: process.env["PATH"],
          NODE_USE_ENV_PROXY: "1",
          HTTPS_PROXY: address,
          HTTP_PROXY: address,
          NETWORK: JSON.stringify(host.network),
        },
      },
    );
    proxy.close();
    expect(JSON.parse(stdout)).toEqual({ ok: true });
    expect(seen).toEqual([]);
  });
});

describe("publicInternet", () => {
  it("CLI-4 goes to 443 at public addresses alone, with the runtime's own certificates", () => {
    expect(publicInternet.port).toBe(443);
    expect(publicInternet.certificates).toBeUndefined();
    expect(publicInternet.mayReach("127.0.0.1")).toBe(false);
    expect(publicInternet.mayReach("1.1.1.1")).toBe(true);
  });
});
