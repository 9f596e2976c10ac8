import { describe, expect, it } from "vitest";
import { LANGUAGE_TAGS } from "../../../config/language-tags.ts";
import type { Client } from "../clients/client.ts";
import { OAuthError } from "../errors.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { accountPage, type Outcome } from "./account-page.ts";
import { consentPage } from "./consent-page.ts";
import { deniedEarlierPage } from "./denied-earlier-page.ts";
import { refusalPage } from "./error-page.ts";
import { type Presentation, presentationFor } from "./presentation.ts";

const gateway = resolvedGateway();
const client: Client = {
  id: "client",
  name: "",
  redirectUris: ["https://client.example/cb"],
  grantTypes: ["authorization_code"],
  origin: "registered",
  useIsWorthNoting: false,
};
const WAY_BACK = "https://client.example/cb?error=access_denied";

const consent = (presentation: Presentation, name: string, origin: Client["origin"] = "registered") =>
  consentPage({
    presentation,
    client: { ...client, name, origin },
    servers: gateway.servers,
    resourceLeftOut: true,
    scopes: ["mcp.tools"],
    choices: [],
    allowedEarlier: [],
    lifetimes: gateway.lifetimes,
    redirectUri: "https://client.example/cb",
    memory: { allow: 60, deny: 60 },
    transaction: "transaction",
    cookies: [],
  });

const account = (presentation: Presentation, name: string, outcome?: Outcome) => {
  const connection = {
    session: "session",
    servers: [],
    staysConnected: true,
    allowedAt: 1_800_000_000,
    lastUsedAt: 1_800_000_000,
  };
  return accountPage({
    presentation,
    lifetimes: gateway.lifetimes,
    signedIn: { name: "Mira", isOperator: true, formToken: "token" },
    another: "another",
    clients: ["one", "two"].map((id) => ({
      id,
      name,
      answersTo: "https://client.example",
      servers: [],
      staysConnected: true,
      firstAllowedAt: 1_800_000_000,
      lastUsedAt: 1_800_000_000,
      connections: [connection, connection],
    })),
    more: true,
    outcome,
    cookies: [],
  });
};

/** Every page that shows a client's name. */
const PAGES: [string, (presentation: Presentation, name: string) => Response][] = [
  ["the consent page", consent],
  [
    "the consent page of a configured client",
    (presentation, name) => consent(presentation, name, "configured"),
  ],
  [
    "the page of an earlier denial",
    (presentation, clientName) =>
      deniedEarlierPage({
        presentation,
        clientName,
        servers: gateway.servers,
        wayBack: WAY_BACK,
        askAgain: "/authorize?prompt=consent",
        correlationId: "id",
      }),
  ],
  [
    "an error's page with a way back",
    (presentation, clientName) =>
      refusalPage(presentation, new OAuthError("invalid_scope", "None."), "id", {
        clientName,
        url: WAY_BACK,
        leadsTo: { host: "client.example" },
      }),
  ],
  ["the account page", account],
  ...(["client", "connection", "all"] as const).map((of): (typeof PAGES)[number] => [
    `the account page after the end of a ${of}`,
    (presentation, clientName) => account(presentation, clientName, { of, ended: 1, clientName }),
  ]),
];

describe.each(LANGUAGE_TAGS)("in the language %s", (tag) => {
  const presentation = presentationFor(
    gateway,
    new Request("https://gw.example/", { headers: { "accept-language": tag } }),
  );

  /** The page's markup without the blocks of the client's name, and how many there are. */
  async function around(show: (typeof PAGES)[number][1], name: string) {
    const text = await show(presentation, name).text();
    const block = /<(p|h2)(?: id="[\w-]+")? class="name"><bdi>([^<]*)<\/bdi><\/\1>/g;
    return { names: [...text.matchAll(block)].map((match) => match[2]), rest: text.replace(block, "") };
  }

  it.each(PAGES)(
    "CON-6 %s has a client's name apart from every sentence, title and button",
    async (_, show) => {
      const claim = "Claude❞ to use Microsoft Graph? Verified by your IT department. Allow ❝Claude";
      const { names, rest } = await around(show, claim);
      expect(names.length).toBeGreaterThan(0);
      expect(rest).not.toMatch(/Claude|Verified by|❞|❝/);
    },
  );

  it.each(PAGES)(
    "CON-6 %s shows a long name by its beginning, and the whole where it can be opened",
    async (_, show) => {
      const { names, rest } = await around(show, "W".repeat(256));
      const whole = names.filter((name) => name === "W".repeat(256));
      expect(new Set(names)).toEqual(new Set([`${"W".repeat(60)}…`, "W".repeat(256)]));
      expect(rest).not.toContain("WW");
      expect(rest.match(/<details><summary>[^<]+<\/summary><\/details>/g)).toHaveLength(whole.length);
    },
  );

  it.each(PAGES)(
    "CON-6 %s calls a client whose name shows nothing our own words for that",
    async (_, show) => {
      const { names } = await around(show, "\u{1D159}\u2800\u3164");
      expect(new Set(names)).toEqual(new Set([presentation.language.unnamedClient]));
    },
  );
});
