import { describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../../config/schema.ts";
import type { Client } from "../clients/client.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { type ConsentPage, consentPage } from "./consent-page.ts";
import { presentationFor } from "./presentation.ts";

const servers: GatewayConfigInput["servers"] = [
  {
    name: "graph",
    title: "Microsoft Graph",
    backend: { app: "graph-mcp" },
    entra: { scope: "Mcp.Access" },
    scopes: [{ name: "mcp.tools", description: { en: "use the tools", de: "die Tools verwenden" } }],
  },
  {
    name: "notes",
    title: { en: "Team notes", de: "Teamnotizen" },
    backend: { url: "https://notes.example/mcp" },
    entra: { scope: "api://notes/Notes.Use" },
    scopes: [{ name: "notes.read", description: { en: "read your notes" } }],
  },
];
const client: Client = {
  id: "client",
  name: `<b>“Evil”</b>`,
  redirectUris: ["https://client.example/cb"],
  grantTypes: ["authorization_code"],
  origin: "registered",
  useIsWorthNoting: false,
};

async function show(
  acceptLanguage: string,
  changes: Partial<Client> = {},
  redirectUri?: string,
  more: Partial<ConsentPage> = {},
) {
  const gateway = resolvedGateway({ servers });
  const request = new Request("https://gw.example/authorize", {
    headers: { "accept-language": acceptLanguage },
  });
  const response = consentPage({
    presentation: presentationFor(gateway, request),
    client: { ...client, ...changes },
    servers: gateway.servers,
    scopes: ["mcp.tools", "notes.read", "offline_access"],
    choices: ["offline_access"],
    allowedEarlier: [],
    lifetimes: gateway.lifetimes,
    redirectUri: redirectUri ?? "https://client.example/cb",
    memory: {},
    transaction: "transaction",
    cookies: [],
    ...more,
  });
  return response.text();
}

describe("the consent page for a client that named no server", () => {
  const notes = resolvedGateway({ servers }).servers.slice(1);
  const chosen = (acceptLanguage: string) =>
    show(acceptLanguage, {}, undefined, { servers: notes, resourceLeftOut: true });

  it("CON-2 says so before all else, and which server it gets", async () => {
    const text = await chosen("en");
    expect(text).toContain(`<h1>Allow this application to use Team notes?</h1>

<p class="note" role="note"><strong>This application did not say which server it wants.</strong>
If you allow this, it gets access to Team notes (https://gw.example/notes/mcp).`);
    expect(await chosen("de")).toContain(
      "erhält sie Zugriff auf Teamnotizen (https://gw.example/notes/mcp). Wenn Sie sie mit einem anderen Server",
    );
  });

  it("CON-2 says nothing of it to those that did", async () => {
    expect(await show("en", {}, undefined, { servers: notes })).not.toContain("did not say");
  });
});

describe("the consent page in German", () => {
  it("CON-2 says who asks for what, in the operator's own German where there is some", async () => {
    const text = await show("de");
    expect(text).toContain("<h1>Zugriff dieser Anwendung auf Microsoft Graph und Teamnotizen zulassen?</h1>");
    expect(text).toContain(
      '<p class="quiet">Die Anwendung nennt sich</p>\n<p class="name"><bdi>&lt;b&gt;&#39;Evil&#39;&lt;/b&gt;</bdi></p>',
    );
    expect(text).toContain("<li>Microsoft Graph: die Tools verwenden</li>");
    // In the default language, since nobody wrote it in German.
    expect(text).toContain("<li>Teamnotizen: read your notes</li>");
    expect(text).toContain("auch in Ihrer Abwesenheit verbunden bleiben");
    expect(text).toContain("Die Antwort geht an client.example.");
    expect(text).toContain('value="allow">Zulassen und anmelden</button>');
    expect(text).toContain('value="deny">Ablehnen</button>');
  });

  it("CON-2 tells a document's host, a program on the device and an application apart", async () => {
    const published = await show("de", { origin: "document", uri: "https://maker.example/client.json" });
    expect(published).toContain("<dt>Veröffentlicht von</dt><dd>maker.example</dd>");
    expect(published).toContain("Es wurde überprüft, dass maker.example diese Anwendung veröffentlicht.");
    expect(await show("de", {}, "http://127.0.0.1:6274/cb")).toContain(
      "<strong>ein Programm auf diesem Gerät</strong><small>127.0.0.1:6274</small>",
    );
    expect(await show("de", {}, "cursor://callback")).toContain(
      "<strong>eine Anwendung auf diesem Gerät</strong><small>cursor:</small>",
    );
  });

  it("has not a word of English left of our own", async () => {
    const [english, german] = await Promise.all([show("en"), show("de")]);
    const texts = (markup: string) =>
      [...(markup.split("<main>")[1] ?? "").matchAll(/>([^<>]+)</g)]
        .map(([, text = ""]) => text.trim())
        .filter((text) => text.includes(" "));
    const same = texts(german).filter((text) => texts(english).includes(text));
    expect(same).toEqual(["Microsoft Graph"]);
  });
});
