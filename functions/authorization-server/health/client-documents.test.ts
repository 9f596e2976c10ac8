import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Network } from "../clients/guarded-fetch/network.ts";
import { KNOWN_CLIENTS } from "../clients/metadata-document/known-clients.ts";
import { makeCall } from "../testing/calls.ts";
import { type Clock, makeClock } from "../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../testing/document-host.ts";
import { type DocumentSettings, documentsOn } from "../testing/documents.ts";
import { clientDocuments } from "./client-documents.ts";

const CODEX = "https://chatgpt.com/oauth/codex/client.json";

let host: DocumentHost;
let clock: Clock;
beforeAll(async () => {
  host = await startDocumentHost(KNOWN_CLIENTS.map(({ url }) => new URL(url).hostname));
});
afterAll(() => host.stop());
beforeEach(() => {
  clock = makeClock();
  host.received.length = 0;
  host.answer = (request, response) =>
    answering({
      client_id: `https://${request.headers.host}${request.url}`,
      client_name: "Client",
      redirect_uris: ["http://localhost/callback"],
    })(request, response);
});

/** @returns how to ask an instance */
function instance(settings: DocumentSettings = { knownClients: true }, network: Network = host.network) {
  const endpoint = clientDocuments({ documents: documentsOn(network, clock.now, settings) });
  return async (query = "") => {
    const request = new Request(`https://gw.example/health/client-documents${query}`);
    const response = await endpoint(request, makeCall());
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    return (await response.json()) as { known_clients: object[] };
  };
}

const allAre = (state: object) => ({
  known_clients: KNOWN_CLIENTS.map(({ url, name, seen }) => ({
    client_id: url,
    client_name: name,
    seen,
    ...state,
  })),
});

describe("GET /health/client-documents", () => {
  it("CLI-15 says that the known clients' documents can be fetched from here", async () => {
    expect(await instance()()).toEqual(allAre({ from: "fetched" }));
  });

  it("CLI-15 says which cannot, and what serves in their place", async () => {
    host.answer = (_, response) => response.writeHead(403).end();
    expect(await instance()()).toEqual(allAre({ from: "list", problem: "unreachable" }));
    expect(await instance({ knownClients: false })()).toEqual(allAre({ problem: "unreachable" }));
    const copy = { client_id: CODEX, client_name: "Codex", redirect_uris: ["http://localhost/callback"] };
    const [codex, ...others] = (await instance({ copies: [copy], knownClients: false })()).known_clients;
    expect(codex).toEqual(allAre({ from: "copy" }).known_clients[0]);
    expect(others).toEqual(allAre({ problem: "unreachable" }).known_clients.slice(1));
  });

  it("CLI-15 tells those that are gone or faulty from those that cannot be reached", async () => {
    host.answer = (_, response) => response.writeHead(404).end();
    expect(await instance()()).toEqual(allAre({ problem: "faulty" }));
    host.answer = answering({ client_id: "https://evil.example/c" });
    expect(await instance()()).toEqual(allAre({ problem: "faulty" }));
  });

  it("CLI-15 CLI-4 says no more of an address inside than of a host that is down", async () => {
    const inside = instance({}, { ...host.network, mayReach: () => false });
    expect(await inside()).toEqual(allAre({ problem: "unreachable" }));
  });

  it("CLI-15 CLI-4 is no amplifier: however often it is asked, each document is fetched once in a while", async () => {
    const ask = instance();
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(host.received).toHaveLength(KNOWN_CLIENTS.length);
    clock.advance(3600);
    host.answer = (_, response) => response.writeHead(403).end();
    for (let i = 0; i < 20; i++) await ask();
    expect(host.received).toHaveLength(2 * KNOWN_CLIENTS.length);
  });

  it("CLI-15 CLI-4 fetches no document but those on the list, whatever the request says", async () => {
    await instance()("?client_id=https://client.example/client.json");
    expect(new Set(host.received.map(({ host: name, path }) => `https://${name}${path}`))).toEqual(
      new Set(KNOWN_CLIENTS.map(({ url }) => url)),
    );
  });
});
