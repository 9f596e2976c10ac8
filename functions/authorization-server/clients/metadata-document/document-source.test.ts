import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inTime } from "../../../platform/request-scope.ts";
import { makeClock } from "../../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { documentsOn } from "../../testing/documents.ts";
import { failureOf } from "../../testing/failure.ts";
import type { FetchLimits } from "../guarded-fetch/fetch.ts";
import { FetchError, TooManyFetchesError } from "../guarded-fetch/fetch-error.ts";
import { type Network, publicInternet } from "../guarded-fetch/network.ts";
import { documentSource } from "./document-source.ts";

const CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata";
const COPILOT = "https://github.com/copilot/cli/client-metadata.json";
const STRANGER = "https://client.example/client.json";

const documentAt = (client_id: string, members: object = {}) => ({
  client_id,
  client_name: "As its host says",
  redirect_uris: ["http://localhost/callback"],
  ...members,
});

let host: DocumentHost;
let clock = makeClock();
beforeAll(async () => {
  host = await startDocumentHost(["claude.ai", "github.com", "client.example"]);
});
afterAll(() => host.stop());
beforeEach(() => {
  clock = makeClock();
  host.received.length = 0;
  serve();
});

/** Every document is where it should be. */
function serve(members: object = {}) {
  host.answer = (request, response) =>
    answering(documentAt(`https://${request.headers.host}${request.url}`, members))(request, response);
}

const status = (code: number) => {
  host.answer = (_, response) => response.writeHead(code).end();
};

const source = (...[settings, network = host.network]: [object?, Network?]) =>
  documentsOn(network, clock.now, settings);

describe("a copy in the configuration", () => {
  it("CLI-15 serves in place of the fetch, of the host's own word, and of the list", async () => {
    const copies = [
      documentAt(STRANGER, { client_name: "Copied" }),
      documentAt(CLAUDE_CODE, { client_name: "Copied, too" }),
    ];
    const { read } = source({ copies, knownClients: true });
    expect(await read(STRANGER)).toMatchObject({ from: "copy", metadata: { name: "Copied" } });
    expect(await read(CLAUDE_CODE)).toMatchObject({ from: "copy", metadata: { name: "Copied, too" } });
    expect(host.received).toEqual([]);
    expect((await read(COPILOT)).from).toBe("fetched");
  });

  it("CLI-15 CLI-3 says how its client authenticates, as the document would", async () => {
    const jwks = { keys: [{ kty: "EC", kid: "1" }] };
    const { read } = source({
      copies: [documentAt(STRANGER, { token_endpoint_auth_method: "private_key_jwt", jwks })],
    });
    expect((await read(STRANGER)).metadata.authentication).toEqual({
      method: "private_key_jwt",
      keys: { jwks },
    });
  });
});

describe("the list of known clients", () => {
  const known = { knownClients: true };
  const listed = {
    from: "list",
    metadata: {
      name: "Claude Code",
      redirectUris: ["http://localhost/callback", "http://127.0.0.1/callback"],
      grantTypes: ["authorization_code", "refresh_token"],
      authentication: { method: "none" },
    },
  };

  it.each([302, 401, 403, 429, 503])("CLI-15 serves when the document's host answers %i", async (code) => {
    status(code);
    expect(await source(known).read(CLAUDE_CODE)).toEqual(listed);
  });

  it("CLI-15 serves when the document's host shows a page, as bot protection does", async () => {
    host.answer = (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    expect(await source(known).read(CLAUDE_CODE)).toEqual(listed);
  });

  it.each<[string, Partial<Network>]>([
    ["is not known to DNS", { resolve: () => Promise.reject(new Error("ENOTFOUND")) }],
    ["leads inside", { mayReach: publicInternet.mayReach }],
  ])("CLI-15 serves when the name of the document's host %s", async (_, network) => {
    expect(await source(known, { ...host.network, ...network }).read(CLAUDE_CODE)).toEqual(listed);
  });

  it("CLI-15 does not serve while the document can be fetched", async () => {
    expect(await source(known).read(CLAUDE_CODE)).toMatchObject({
      from: "fetched",
      metadata: { name: "As its host says" },
    });
  });

  it("CLI-15 is off by its setting", async () => {
    status(403);
    expect(await failureOf(source().read(CLAUDE_CODE))).toMatchObject({ reason: "status 403" });
  });

  it("CLI-15 serves nobody but those on it, however like they look", async () => {
    status(403);
    const { read } = source(known);
    for (const url of [STRANGER, `${CLAUDE_CODE}/`, `${CLAUDE_CODE}2`, "https://claude.ai/oauth/x"]) {
      expect(await failureOf(read(url))).toBeInstanceOf(FetchError);
    }
  });

  it.each([404, 410])("CLI-15 does not serve a document that its host withdrew with %i", async (code) => {
    status(code);
    const { read } = source(known);
    expect(await failureOf(read(CLAUDE_CODE))).toMatchObject({ kind: "gone" });
    clock.advance(300);
    status(403);
    expect(await failureOf(read(CLAUDE_CODE))).toMatchObject({ reason: "status 403" });
    clock.advance(300);
    serve();
    expect((await read(CLAUDE_CODE)).from).toBe("fetched");
    clock.advance(25 * 3600);
    status(403);
    expect(await read(CLAUDE_CODE)).toEqual(listed);
  });

  it("CLI-15 does not serve in place of a document that will not do, now or when it cannot be fetched", async () => {
    serve({ redirect_uris: [] });
    const { read } = source(known);
    expect(await failureOf(read(CLAUDE_CODE))).toMatchObject({ name: "DocumentFault" });
    clock.advance(300);
    status(403);
    expect(await failureOf(read(CLAUDE_CODE))).toMatchObject({ reason: "status 403" });
  });

  it("CLI-15 stands behind the document that was read last, for a day", async () => {
    const { read } = source(known);
    await read(CLAUDE_CODE);
    clock.advance(23 * 3600);
    status(403);
    expect((await read(CLAUDE_CODE)).from).toBe("fetched");
    clock.advance(2 * 3600);
    expect(await read(CLAUDE_CODE)).toEqual(listed);
  });

  it("CLI-15 has a person wait for one fetch in five minutes, and no longer than half of a sign-in's patience", async () => {
    const fetches: FetchLimits[] = [];
    const fetchKnown = async (_: string, limits: FetchLimits) => {
      fetches.push(limits);
      throw new FetchError("unavailable", "timeout");
    };
    const fetch = () => Promise.reject(new Error("counted against the caller"));
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => lines.push(line);
    const { read } = documentSource({ fetch, fetchKnown, copies: [], ...known, now: clock.now, log });
    await Promise.all(Array.from({ length: 20 }, () => read(CLAUDE_CODE)));
    clock.advance(299);
    expect(await read(CLAUDE_CODE)).toEqual(listed);
    expect(fetches).toEqual([{ bytes: 5 * 1024, milliseconds: 2_500 }]);
    expect(lines).toEqual([["warn", "known_document_not_read", { client: CLAUDE_CODE, reason: "timeout" }]]);
    clock.advance(1);
    await read(CLAUDE_CODE);
    expect(fetches).toHaveLength(2);
  });

  it("CLI-15 has a document without a list behind it tried again soon, with all the time it may have", async () => {
    const fetches: FetchLimits[] = [];
    const fetchKnown = async (_: string, limits: FetchLimits) => {
      fetches.push(limits);
      throw new FetchError("unavailable", "timeout");
    };
    const options = { fetch: fetchKnown, fetchKnown, copies: [], now: clock.now, log: () => undefined };
    const { read } = documentSource({ ...options, knownClients: false });
    await failureOf(read(CLAUDE_CODE));
    clock.advance(30);
    await failureOf(read(CLAUDE_CODE));
    expect(fetches.map(({ milliseconds }) => milliseconds)).toEqual([5_000, 5_000]);
  });

  it("CLI-15 CLI-4 does not serve because somebody used up the fetches", async () => {
    const { read } = source(known);
    const { answer } = host;
    host.answer = (request, response) =>
      request.headers.host === "client.example" ? response.writeHead(404).end() : answer(request, response);
    const asStranger = inTime(async () => {
      for (let i = 0; i < 40; i++) await failureOf(read(`https://client.example/${i}.json`));
      expect(await failureOf(read(STRANGER))).toBeInstanceOf(TooManyFetchesError);
      expect((await read(CLAUDE_CODE)).from).toBe("fetched");
      return new Response();
    });
    const call = { correlationId: "c", log: () => undefined, network: "198.51.100.0/24" };
    await asStranger(new Request("https://as.example/authorize"), call);
  });

  it("makes no answer of a fault of its own", async () => {
    const fault = new TypeError("x is undefined");
    const options = { fetch: () => Promise.reject(fault), copies: [], now: clock.now, log: () => undefined };
    const { read } = documentSource({ ...options, fetchKnown: options.fetch, knownClients: true });
    expect(await failureOf(read(CLAUDE_CODE))).toBe(fault);
  });
});
