import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Network } from "../../clients/guarded-fetch/network.ts";
import { publicInternet } from "../../clients/guarded-fetch/network.ts";
import { clientRegistry } from "../../clients/registry.ts";
import type { Dependencies } from "../../dependencies.ts";
import type { KeyRing } from "../../keys/key-ring.ts";
import { makeCall } from "../../testing/calls.ts";
import { makeClock } from "../../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../../testing/document-host.ts";
import { documentClientsOn } from "../../testing/documents.ts";
import { resolvedGateway } from "../../testing/gateway.ts";
import { makeKeyRing } from "../../testing/keys.ts";
import { answeringPeople } from "../failures.ts";
import { authorize } from "./authorize.ts";

const ID = "https://client.example/client.json";
const document = {
  client_id: ID,
  client_name: "Claude Code",
  redirect_uris: ["http://localhost/callback", "https://client.example/cb"],
};

let host: DocumentHost;
let keys: KeyRing;
beforeAll(async () => {
  [host, keys] = await Promise.all([startDocumentHost(), makeKeyRing()]);
});
afterAll(() => host.stop());
beforeEach(() => {
  host.answer = answering(document);
});

async function ask(
  query: Readonly<Record<string, string>>,
  network: Network = host.network,
  language = "en",
) {
  const { now } = makeClock();
  const gateway = resolvedGateway();
  const unused = () => Promise.reject(new Error("the store was asked"));
  const documents = { create: unused, read: unused, replace: unused, remove: unused };
  const store = { clients: documents, claims: documents };
  const clients = clientRegistry(gateway, store, now, documentClientsOn(network, now));
  const search = new URLSearchParams({
    response_type: "code",
    client_id: ID,
    redirect_uri: "http://localhost:6274/callback",
    code_challenge: "c".repeat(43),
    code_challenge_method: "S256",
    state: "s",
    ...query,
  });
  const call = makeCall();
  const endpoint = answeringPeople(
    gateway,
    "authorize",
  )(authorize({ gateway, clients, keys, now } as unknown as Dependencies));
  const headers = { "accept-language": language };
  const response = await endpoint(new Request(`${gateway.issuer}/authorize?${search}`, { headers }), call);
  return {
    status: response.status,
    location: response.headers.get("location"),
    cookies: response.headers.getSetCookie(),
    text: await response.text(),
    lines: call.lines,
  };
}

describe("GET /authorize of a client with a document", () => {
  it("CLI-3 CON-2 shows which host publishes the client, and that its name is its own", async () => {
    const { status, text } = await ask({});
    expect(status).toBe(200);
    expect(text).toContain("<dt>Published by</dt><dd>client.example</dd>");
    expect(text).toContain("We verified that client.example publishes this application.");
    expect(text).toContain("It chose its own name, and nobody has verified that.");
    expect(text).toContain("a program on the device in front of you");
  });

  it("CON-6 shows no website that the document names, even of its own host", async () => {
    for (const client_uri of ["https://login.microsoftonline.com/", "https://client.example/shop"]) {
      host.answer = answering({ ...document, client_uri });
      const { status, text } = await ask({});
      expect(status).toBe(200);
      expect(text).not.toMatch(/microsoftonline|shop/);
    }
  });

  it("CLI-6 takes a portless loopback redirect URI with a port in use", async () => {
    for (const port of [1, 6274, 65535]) {
      const { status } = await ask({ redirect_uri: `http://localhost:${port}/callback` });
      expect(status).toBe(200);
    }
  });

  it.each(["http://localhost:6274/other", "https://evil.example/cb", "https://client.example/cb/x"])(
    "CLI-6 AUT-2 shows a page and goes nowhere for the redirect URI %s",
    async (redirect_uri) => {
      expect(await ask({ redirect_uri })).toMatchObject({ status: 400, location: null, cookies: [] });
    },
  );

  it("CLI-7 AUT-2 shows a page and goes nowhere when the document will not do", async () => {
    host.answer = answering({ ...document, client_secret: "s" });
    const { status, location, text } = await ask({});
    expect([status, location]).toEqual([400, null]);
    expect(text).toContain("it has a client_secret, and anyone can read it");
  });

  it("SES-4 asks for patience when the document cannot be had now", async () => {
    host.answer = (_, response) => response.writeHead(503).end();
    const { status, location, text } = await ask({});
    expect([status, location]).toEqual([503, null]);
    expect(text).toContain("we can’t reach that document right now");
  });

  it.each([
    ["en", "cannot be reached", 503, "we can’t reach that document right now", "is missing or has an error"],
    ["de", "cannot be reached", 503, "derzeit nicht erreichbar", "fehlt oder ist fehlerhaft"],
    ["en", "is faulty", 404, "is missing or has an error", "reach that document"],
    ["de", "is faulty", 404, "fehlt oder ist fehlerhaft", "nicht erreichbar"],
  ])("CLI-15 says in %s that the application's document %s", async (language, _, status, says, saysNot) => {
    host.answer = (_request, response) => response.writeHead(status).end();
    const { text } = await ask({}, host.network, language);
    expect(text).toContain(says);
    expect(text).not.toContain(saysNot);
  });

  it("CLI-4 tells the person and the client nothing of an address inside, and the log what it was", async () => {
    const { status, text, lines } = await ask({}, { ...host.network, mayReach: publicInternet.mayReach });
    expect(status).toBe(503);
    expect(text).toContain("we can’t reach that document right now");
    expect(text).not.toMatch(/127\.0\.0\.1|public|address_/);
    expect(lines).toMatchObject([{ event: "refused", fields: { reason: "document address_not_public" } }]);
  });

  it("CON-4 has room in the sign-in's cookie for the longest ID", async () => {
    const id = `https://client.example/${"x".repeat(489)}`;
    host.answer = answering({ ...document, client_id: id, client_name: "ü".repeat(120) });
    const { status } = await ask({ client_id: id, state: "s".repeat(500) });
    expect(status).toBe(200);
  });

  it("CON-6 escapes what the document says", async () => {
    host.answer = answering({ ...document, client_name: "<script>alert(1)</script>" });
    const { text } = await ask({});
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain("<script>");
  });
});
