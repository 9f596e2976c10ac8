import type { Page } from "playwright-core";
import type { ResolvedGateway } from "../../config/resolve.ts";
import type { Client } from "../../functions/authorization-server/clients/client.ts";
import { OAuthError } from "../../functions/authorization-server/errors.ts";
import { type AccountPage, accountPage } from "../../functions/authorization-server/pages/account-page.ts";
import { accountRefusalPage } from "../../functions/authorization-server/pages/account-refusal-page.ts";
import type { ConnectedClient } from "../../functions/authorization-server/pages/connected-client.ts";
import { type ConsentPage, consentPage } from "../../functions/authorization-server/pages/consent-page.ts";
import { deniedEarlierPage } from "../../functions/authorization-server/pages/denied-earlier-page.ts";
import { errorPage, refusalPage } from "../../functions/authorization-server/pages/error-page.ts";
import { anyOf } from "../../functions/authorization-server/pages/languages/list.ts";
import { noticePage } from "../../functions/authorization-server/pages/notice-page.ts";
import {
  type Presentation,
  presentationFor,
} from "../../functions/authorization-server/pages/presentation.ts";
import { resolvedGateway } from "../../functions/authorization-server/testing/gateway.ts";

/** One of our pages as a person may meet it. */
export interface OurPage {
  readonly name: string;
  readonly show: (presentation: Presentation, gateway: ResolvedGateway) => Response;
}

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32"><rect width="32" height="32" rx="8" fill="#8a1538"/><path d="M42 8h70v6H42zm0 10h46v6H42z" fill="#8a1538"/></svg>`;

/** A gateway with all that an operator may put on a page. */
export const brandedGateway = resolvedGateway({
  name: "Contoso MCP",
  branding: {
    color: "#8a1538",
    logo: `data:image/svg+xml;base64,${Buffer.from(LOGO).toString("base64")}`,
    termsUrl: "https://contoso.example/terms",
    privacyUrl: { en: "https://contoso.example/privacy", de: "https://contoso.example/datenschutz" },
    supportUrl: "https://contoso.example/help",
  },
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [
        {
          name: "mcp.tools",
          description: {
            en: "use this server's tools in your name",
            de: "die Tools dieses Servers in Ihrem Namen verwenden",
          },
        },
        {
          name: "mcp.mail",
          description: { en: "send mail on your behalf", de: "in Ihrem Namen E-Mails senden" },
          required: false,
        },
        {
          name: "mcp.admin",
          description: {
            en: "change settings of your organization",
            de: "Einstellungen Ihrer Organisation ändern",
          },
          required: false,
        },
      ],
      access: { roles: ["Mcp.User", "Mcp.Admin"] },
      tools: {
        rules: [
          { name: "send_mail", scopes: ["mcp.mail"] },
          ...[
            "create_*",
            "update_*",
            "delete_*",
            "grant_*",
            "revoke_*",
            "reset_*",
            "purge_deleted_items_*",
          ].map((name) => ({ name, scopes: ["mcp.admin"] })),
        ],
      },
      prompts: { rules: [{ name: "write-*", scopes: ["mcp.mail"] }] },
      resources: {
        default: "deny",
        rules: [
          { uri: "graph://me/*", scopes: ["mcp.tools"] },
          { uri: "graph://organization/*", scopes: ["mcp.admin"] },
        ],
      },
    },
    {
      name: "notes",
      title: { en: "Team notes", de: "Teamnotizen" },
      backend: { url: "https://notes.example/mcp" },
      entra: { scope: "api://notes/Notes.Use" },
      scopes: [
        {
          name: "notes.write",
          description: {
            en: "read and add your team's notes",
            de: "die Notizen Ihres Teams lesen und ergänzen",
          },
        },
      ],
    },
  ],
});

/** The same without any branding. */
export const plainGateway: ResolvedGateway = {
  ...brandedGateway,
  name: "MCP gateway",
  branding: { color: "#0f5bb5" },
};

const program: Client = {
  id: "client",
  name: "Visual Studio Code",
  redirectUris: ["http://127.0.0.1:33418/"],
  grantTypes: ["authorization_code", "refresh_token"],
  origin: "registered",
  useIsWorthNoting: false,
};
const published: Client = {
  ...program,
  id: "https://assistant.example/client.json",
  name: "Assistant",
  uri: "https://assistant.example/client.json",
  origin: "document",
};

const LONG_HOST = `${"w".repeat(63)}.${"w".repeat(63)}.example`;

function consent(changes: Partial<ConsentPage>): OurPage["show"] {
  return (presentation, { servers, lifetimes }) =>
    consentPage({
      presentation,
      client: program,
      servers: servers.slice(0, 1),
      scopes: ["mcp.tools", "offline_access"],
      choices: ["offline_access"],
      allowedEarlier: [],
      lifetimes,
      redirectUri: "http://127.0.0.1:33418/",
      memory: {},
      transaction: "transaction",
      cookies: [],
      ...changes,
    });
}

/** Clients of all kinds: on a device twice, published, with the longest of everything, from right to left. */
function account(changes: Partial<AccountPage>): OurPage["show"] {
  return (presentation, { servers, lifetimes }) => {
    const allowed = servers.map(({ title, resource, scopes }) => ({
      title,
      resource,
      permissions: scopes.map(({ name, description, required }) => ({
        scope: name,
        description,
        optional: !required,
      })),
    }));
    const connection = {
      session: "s".repeat(22),
      servers: allowed.slice(0, 1),
      staysConnected: true,
      allowedAt: 1_800_000_000,
      lastUsedAt: 1_800_007_000,
    };
    const desktop: ConnectedClient = {
      id: program.id,
      name: program.name,
      answersTo: "http://127.0.0.1:33418",
      servers: allowed.slice(0, 1),
      staysConnected: true,
      firstAllowedAt: 1_800_000_000,
      lastUsedAt: 1_800_007_000,
      connections: [connection, connection],
    };
    const once = { ...desktop, connections: [connection] };
    const both = { servers: allowed, connections: [{ ...connection, servers: allowed }] };
    return accountPage({
      presentation,
      lifetimes,
      signedIn: { name: "Mira Okafor", isOperator: false, formToken: "token" },
      another: undefined,
      clients: [
        desktop,
        { ...once, id: published.id, name: published.name, ...both },
        { ...once, name: "W".repeat(256), answersTo: `https://${LONG_HOST}` },
        {
          ...once,
          name: "עוזר הקוד",
          answersTo: "cursor:",
          servers: [{ title: "gone", resource: undefined, permissions: [] }],
          connections: [
            { ...connection, servers: [{ title: "gone", resource: undefined, permissions: [] }] },
          ],
        },
      ],
      more: false,
      outcome: undefined,
      cookies: [],
      ...changes,
    });
  };
}

const CORRELATION_ID = "6f1c9a52-0c3e-4a1b-9d6e-2f7b8a4c5d10";
const WAY_BACK = { clientName: program.name, url: "http://127.0.0.1:33418/?error=access_denied" };

/** Every page that the authorization server shows to people; a new one is a line here. */
export const OUR_PAGES: readonly OurPage[] = [
  { name: "consent for a program on the device", show: consent({}) },
  {
    name: "consent for a published client, with the box to remember",
    show: consent({
      client: published,
      redirectUri: "https://assistant.example/callback",
      memory: { allow: 604_800, deny: 86_400 },
    }),
  },
  {
    name: "consent for scopes that the person may leave out, with what they open",
    show: consent({
      scopes: ["mcp.tools", "mcp.mail", "mcp.admin"],
      choices: ["mcp.mail", "mcp.admin", "offline_access"],
    }),
  },
  {
    name: "consent for more than was allowed earlier",
    show: consent({
      scopes: ["mcp.tools", "mcp.mail", "mcp.admin"],
      choices: ["mcp.mail", "mcp.admin", "offline_access"],
      allowedEarlier: ["mcp.tools", "mcp.mail", "offline_access"],
    }),
  },
  {
    name: "consent for two servers",
    show: (presentation, gateway) =>
      consent({ servers: gateway.servers, scopes: ["mcp.tools", "notes.write", "offline_access"] })(
        presentation,
        gateway,
      ),
  },
  {
    name: "consent with the longest of everything",
    show: consent({
      client: { ...published, name: "W".repeat(256), uri: `https://${LONG_HOST}/` },
      redirectUri: `https://${LONG_HOST}/callback`,
    }),
  },
  {
    name: "consent for a client that named no server, whose name says things of ours",
    show: consent({
      client: {
        ...program,
        name: "Claude❞ to use Microsoft Graph? Verified by your IT department. Allow ❝Claude",
      },
      resourceLeftOut: true,
    }),
  },
  {
    name: "consent for a name from right to left",
    show: consent({ client: { ...program, name: "עוזר הקוד" }, redirectUri: "cursor://callback" }),
  },
  {
    name: "the page for a person without access",
    show: (presentation, { servers: [server] }) =>
      errorPage({
        presentation,
        title: presentation.language.noAccess.title(presentation.text(server?.title ?? "")),
        text: presentation.language.noAccess.text(
          anyOf(presentation.language, (server?.roles ?? []).map(presentation.language.quoted)),
        ),
        status: 403,
        correlationId: CORRELATION_ID,
        wayBack: WAY_BACK,
      }),
  },
  {
    name: "the page for a request denied earlier",
    show: (presentation, { servers }) =>
      deniedEarlierPage({
        presentation,
        servers,
        clientName: program.name,
        wayBack: WAY_BACK.url,
        askAgain: "/authorize?prompt=consent",
        correlationId: CORRELATION_ID,
      }),
  },
  {
    name: "the page for a form that was sent before",
    show: (presentation) =>
      noticePage({
        presentation,
        title: presentation.language.allowedAlready.title,
        text: presentation.language.allowedAlready.text,
        link: { url: "https://login.example/", label: presentation.language.allowedAlready.goOn },
        status: 400,
      }),
  },
  { name: "the account page with several clients", show: account({}) },
  {
    name: "the account page of another person, for an operator, after something was disconnected",
    show: account({
      signedIn: { name: "Jonas Lindqvist", isOperator: true, formToken: "token" },
      another: "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c",
      outcome: { of: "client", ended: 1, clientName: "Assistant" },
      more: true,
    }),
  },
  {
    name: "the account page after a permission was withdrawn",
    show: account({ outcome: { of: "scope", ended: 1, clientName: "Assistant" } }),
  },
  { name: "the account page with nothing on it", show: account({ clients: [] }) },
  {
    name: "the page for a person who is no operator",
    show: (presentation) =>
      accountRefusalPage(
        presentation,
        new OAuthError(
          "access_denied",
          "The app role Gateway.Operator of this gateway's own application is needed.",
          {
            explanation: "operatorRoleMissing",
            status: 403,
          },
        ),
        "https://gw.example/account",
        CORRELATION_ID,
      ),
  },
  {
    name: "the page after signing out of the account page",
    show: (presentation) =>
      noticePage({
        presentation,
        title: presentation.language.account.signedOut,
        text: presentation.language.account.whatSignedOutMeans,
        link: { url: "https://gw.example/account", label: presentation.language.account.signInAgain },
        status: 200,
      }),
  },
  {
    name: "the page about a faulty request",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("invalid_request", "redirect_uri is repeated."),
        CORRELATION_ID,
      ),
  },
  {
    name: "the page about a faulty request of a web site",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("invalid_scope", "None of the scopes belongs to this resource."),
        CORRELATION_ID,
        {
          clientName: "Claude",
          url: "https://claude.ai/api/mcp/auth_callback?error=invalid_scope",
          leadsTo: { host: "claude.ai" },
        },
      ),
  },
  {
    name: "the page about a faulty request of an application",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("invalid_scope", "None of the scopes belongs to this resource."),
        CORRELATION_ID,
        {
          clientName: "Cursor",
          url: "cursor://anysphere.cursor-mcp/oauth/callback?error=invalid_scope",
          leadsTo: { scheme: "cursor:" },
        },
      ),
  },
  {
    name: "the page for an outage",
    show: (presentation) =>
      refusalPage(presentation, new OAuthError("temporarily_unavailable", "x"), CORRELATION_ID),
  },
  {
    name: "the page about a document that cannot be reached",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("temporarily_unavailable", "x", { explanation: "documentUnreachable" }),
        CORRELATION_ID,
      ),
  },
  {
    name: "the page about a faulty document",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("invalid_client", "There is no usable document at the client_id of the application.", {
          explanation: "documentFaulty",
        }),
        CORRELATION_ID,
      ),
  },
  {
    name: "the page that explains an error",
    show: (presentation) =>
      refusalPage(
        presentation,
        new OAuthError("invalid_client", "x", { explanation: "redirectUriNotRegistered" }),
        CORRELATION_ID,
      ),
  },
];

/** Shows one of our pages in a browser, with its headers, in the language that this browser asks for. */
export async function showPage(page: Page, { show }: OurPage, gateway: ResolvedGateway): Promise<void> {
  const url = `${gateway.issuer}/`;
  await page.route(url, async (route) => {
    const request = new Request(url, { headers: await route.request().allHeaders() });
    const response = show(presentationFor(gateway, request), gateway);
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    });
  });
  await page.goto(url);
  await page.unroute(url);
}
