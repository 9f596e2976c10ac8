import { describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../../config/schema.ts";
import type { Client } from "../clients/client.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { consentPage } from "./consent-page.ts";
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
  uri: "https://evil.example/about",
  useIsWorthNoting: false,
};

async function show(acceptLanguage: string, changes: Partial<Client> = {}, redirectUri?: string) {
  const gateway = resolvedGateway({ servers });
  const request = new Request("https://gw.example/authorize", {
    headers: { "accept-language": acceptLanguage },
  });
  const response = consentPage({
    presentation: presentationFor(gateway, request),
    client: { ...client, ...changes },
    servers: gateway.servers,
    scopes: ["mcp.tools", "notes.read", "offline_access"],
    redirectUri: redirectUri ?? "https://client.example/cb",
    memory: {},
    transaction: "transaction",
    cookies: [],
  });
  return response.text();
}

describe("the consent page in German", () => {
  it("CON-2 says who asks for what, in the operator's own German where there is some", async () => {
    const text = await show("de");
    expect(text).toContain(
      "Zugriff von „<bdi>&lt;b&gt;&#39;Evil&#39;&lt;/b&gt;</bdi>“ auf Microsoft Graph und Teamnotizen zulassen?</h1>",
    );
    expect(text).toContain("<li>Microsoft Graph: die Tools verwenden</li>");
    // In the default language, since nobody wrote it in German.
    expect(text).toContain("<li>Teamnotizen: read your notes</li>");
    expect(text).toContain("auch in Ihrer Abwesenheit verbunden bleiben");
    expect(text).toContain("<dt>Nach eigener Angabe von</dt><dd>evil.example</dd>");
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
