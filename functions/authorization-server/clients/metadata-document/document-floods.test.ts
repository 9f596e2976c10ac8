import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inTime } from "../../../platform/request-scope.ts";
import { makeClock } from "../../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { documentClientsOn } from "../../testing/documents.ts";
import { failureOf } from "../../testing/failure.ts";
import type { DocumentClients } from "./document-clients.ts";

const ID = "https://client.example/client.json";
const STRANGER = "198.51.100.0/24";
const PERSON = "203.0.113.0/24";

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
  host.received.length = 0;
  host.answer = (request, response) =>
    request.headers.host === "client.example" && request.url === "/client.json"
      ? answering({ client_id: ID, client_name: "Client", redirect_uris: ["http://localhost/callback"] })(
          request,
          response,
        )
      : response.writeHead(404).end();
});

/** Looks for a client in the course of a request from a network. */
async function find(network: string, id: string) {
  let name = "";
  const request = new Request("https://as.example/authorize");
  await inTime(async () => {
    name = (await clients.find(id)).name;
    return new Response();
  })(request, { correlationId: "c", log: () => undefined, network });
  return name;
}

describe("a stranger who makes up clients with documents", () => {
  it("CLI-4 leaves the others their fetches, with however many hosts", async () => {
    for (let i = 0; i < 200; i++) await failureOf(find(STRANGER, `https://h${i}.client.example/c.json`));
    expect(host.received.length).toBeLessThan(60);
    expect(await find(PERSON, ID)).toBe("Client");
  });

  it("CLI-4 leaves the others theirs to a host that he asks for again and again", async () => {
    for (let i = 0; i < 50; i++) await failureOf(find(STRANGER, `https://client.example/${i}.json`));
    expect(await find(PERSON, ID)).toBe("Client");
  });

  it("CLI-4 does not have a client pass for one that cannot be read by having used up his own", async () => {
    for (let i = 0; i < 50; i++) await failureOf(find(STRANGER, `https://client.example/${i}.json`));
    expect(await failureOf(find(STRANGER, ID))).toMatchObject({ status: 503 });
    expect(await find(PERSON, ID)).toBe("Client");
    expect(await find(STRANGER, ID)).toBe("Client");
  });

  it("CLI-4 leaves the others theirs while his hosts do not answer", async () => {
    const { answer } = host;
    const held: (() => void)[] = [];
    host.answer = (request, response) =>
      request.headers.host === "client.example"
        ? answer(request, response)
        : held.push(() => response.destroy());
    const asked = Array.from({ length: 20 }, (_, i) =>
      failureOf(find(STRANGER, `https://s${i}.client.example/c.json`)),
    );
    await expect.poll(() => held.length).toBeGreaterThan(1);
    expect(await find(PERSON, ID)).toBe("Client");
    for (const release of held) release();
    await Promise.all(asked);
  });
});
