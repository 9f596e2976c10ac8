import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OAuthError } from "../../errors.ts";
import { makeClock } from "../../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { documentClientsOn } from "../../testing/documents.ts";
import { failureOf } from "../../testing/failure.ts";
import { FetchError } from "../guarded-fetch/fetch-error.ts";
import { type Network, publicInternet } from "../guarded-fetch/network.ts";
import { type DocumentClients, documentClients, isDocumentId } from "./document-clients.ts";

const ID = "https://client.example/client.json";
const document = {
  client_id: ID,
  client_name: "Client",
  redirect_uris: ["http://localhost/callback"],
  grant_types: ["authorization_code", "refresh_token"],
};

let host: DocumentHost;
let clients: DocumentClients;
let clock = makeClock();
beforeAll(async () => {
  host = await startDocumentHost();
});
afterAll(() => host.stop());
beforeEach(() => {
  clock = makeClock();
  clients = documentClientsOn(host.network, clock.now);
  host.answer = answering(document);
  host.received.length = 0;
});

describe("isDocumentId", () => {
  it.each(["https://client.example/c", "HTTPS://client.example/c", "https:"])(
    "CLI-3 takes %s for a URL",
    (id) => {
      expect(isDocumentId(id)).toBe(true);
    },
  );

  it.each(["", "x", "http://client.example/c", "xhttps://client.example/c"])(
    "CLI-3 takes %j for none",
    (id) => {
      expect(isDocumentId(id)).toBe(false);
    },
  );
});

describe("documentClients", () => {
  it("CLI-3 knows a client by the document at its ID", async () => {
    expect(await clients.find(ID)).toEqual({
      id: ID,
      name: "Client",
      redirectUris: ["http://localhost/callback"],
      grantTypes: ["authorization_code", "refresh_token"],
      uri: ID,
      origin: "document",
      useIsWorthNoting: false,
    });
  });

  it("CLI-3 knows by it how the client authenticates", async () => {
    expect(await clients.authentication(ID)).toEqual({ method: "none" });
  });

  it("CLI-3 fetches it again only when it is no longer fresh, and then believes the new one", async () => {
    host.answer = answering(document, { "cache-control": "max-age=600" });
    await clients.find(ID);
    clock.advance(599);
    await clients.find(ID);
    expect(host.received).toHaveLength(1);
    clock.advance(1);
    host.answer = answering({ ...document, client_name: "Renamed" });
    expect((await clients.find(ID)).name).toBe("Renamed");
  });

  it("CLI-4 sends one request for all who ask at once", async () => {
    await Promise.all(Array.from({ length: 40 }, () => clients.find(ID)));
    expect(host.received).toHaveLength(1);
  });

  it("CLI-4 is no amplifier: a host that is asked for many documents gets few requests", async () => {
    host.answer = (_, response) => response.writeHead(404).end();
    for (let i = 0; i < 50; i++) await failureOf(clients.find(`https://client.example/${i}.json`));
    expect(host.received).toHaveLength(10);
    const failure = await failureOf(clients.find("https://client.example/x.json"));
    expect(failure).toMatchObject({
      code: "temporarily_unavailable",
      status: 503,
      description: "The document at the client_id of the application cannot be reached from here.",
      cause: expect.any(FetchError),
    });
    expect(failure.message).toMatch(/^document [a-z_]+$/);
    await failureOf(clients.find("https://www.client.example/x.json"));
    expect(host.received).toHaveLength(11);
  });

  it("CLI-3 says what is wrong with a document that was read", async () => {
    host.answer = answering({ ...document, client_id: "https://client.example/other.json" });
    const failure = await failureOf(clients.find(ID));
    expect(failure).toMatchObject({
      code: "invalid_client",
      description:
        "The document at the client_id of the application is not usable: client_id is not the URL of the document.",
    });
    expect(failure.message).toBe("document client_id is not the URL of the document");
  });

  it("CLI-4 does not say why a document could not be fetched: that would tell what our network can reach", async () => {
    const answers: DocumentHost["answer"][] = [
      (_, response) => response.writeHead(404).end(),
      (_, response) => response.writeHead(302, { location: "https://127.0.0.1/" }).end(),
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      answering("x".repeat(6000)),
    ];
    const descriptions = new Set<unknown>();
    // Each of these answers is there for everybody to see.
    for (const [index, answer] of answers.entries()) {
      host.answer = answer;
      const failure = await failureOf(clients.find(`https://client.example/${index}`));
      descriptions.add((failure as { description?: string }).description);
      expect(failure).toMatchObject({ code: "invalid_client", status: 401, cause: expect.any(FetchError) });
      expect(failure.message).toMatch(/^document (status|content_type|too_large)/);
    }
    expect([...descriptions]).toEqual(["There is no usable document at the client_id of the application."]);
  });

  it("CLI-15 CLI-4 answers alike for a host that cannot be reached, will not serve us, or leads inside", async () => {
    const answer = async (network: Network) => {
      const failure = await failureOf(documentClientsOn(network, clock.now).find(ID));
      const { code, status, description, explanation, retryAfter } = failure as OAuthError;
      return { reason: failure.message, told: { code, status, description, explanation, retryAfter } };
    };
    const inside = await answer({ ...host.network, mayReach: publicInternet.mayReach });
    expect(inside).toEqual({
      reason: "document address_not_public",
      told: {
        code: "temporarily_unavailable",
        status: 503,
        description: "The document at the client_id of the application cannot be reached from here.",
        explanation: "documentUnreachable",
        retryAfter: 5,
      },
    });
    const nowhere = await answer({ ...host.network, resolve: async () => [] });
    host.answer = (_, response) => response.writeHead(403).end();
    const blocked = await answer(host.network);
    expect([nowhere.reason, blocked.reason]).toEqual([
      "document dns_without_addresses",
      "document status 403",
    ]);
    expect([nowhere.told, blocked.told]).toEqual([inside.told, inside.told]);
  });

  it("CLI-15 tells a faulty document from one that cannot be reached", async () => {
    host.answer = answering({ ...document, redirect_uris: [] });
    expect(await failureOf(clients.find(ID))).toMatchObject({ status: 401, explanation: "documentFaulty" });
    host.answer = (_, response) => response.writeHead(410).end();
    expect(await failureOf(clients.find(`${ID}2`))).toMatchObject({
      status: 401,
      explanation: "documentFaulty",
    });
  });

  it("CLI-15 goes on with the last document while its host answers 403", async () => {
    await clients.find(ID);
    clock.advance(300);
    host.answer = (_, response) => response.writeHead(403).end();
    expect((await clients.find(ID)).name).toBe("Client");
    expect(host.received).toHaveLength(2);
  });

  it("names the host in the audit trail, and nothing more of the ID", async () => {
    host.answer = (_, response) => response.writeHead(403).end();
    expect(await failureOf(clients.find(ID))).toMatchObject({
      subject: { client: "https://client.example" },
    });
  });

  it("CLI-4 sends nothing for an ID that we would not fetch, and says what is wrong with it", async () => {
    for (const id of ["https://localhost/c", "https://127.0.0.1/c", "HTTPS://client.example/c", "https:"]) {
      const failure = await failureOf(clients.find(id));
      const description = expect.stringMatching(/^The client_id of the application (is|has) /);
      expect(failure).toMatchObject({ code: "invalid_client", status: 401, description });
      expect(failure.message).toMatch(/^document_url (is|has) /);
    }
    expect(host.received).toEqual([]);
    expect(host.resolved).not.toContain("localhost");
  });

  it("makes no answer of a fault of its own", async () => {
    const fault = new TypeError("x is undefined");
    const faulty = documentClients({ read: () => Promise.reject(fault) });
    expect(await failureOf(faulty.find(ID))).toBe(fault);
  });

  it("writes its answers in the characters of an error description (RFC 6749 §5.2)", async () => {
    const faults: Promise<unknown>[] = [clients.find('https://127.0.0.1/ü"\\')];
    host.answer = answering({ ...document, redirect_uris: ['javascript:alert("1")'] });
    faults.push(clients.find(ID));
    for (const fault of faults) {
      const { description } = (await failureOf(fault)) as { description?: string };
      expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  });
});
