import { beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import type { BrowserPerson } from "../support/browser-person.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { useTwin } from "../support/use-twin.ts";

const ON_THIS_DEVICE = { destination: "a program on this device" };

interface RealClient {
  readonly name: string;
  readonly registers: readonly string[];
  /** What it then asks for, and what a person reads about it. */
  readonly uses: readonly {
    readonly redirectUri: string;
    readonly shown: { readonly destination: string; readonly destinationAddress?: string };
  }[];
}

/** As these clients register themselves. */
const REAL_CLIENTS: readonly RealClient[] = [
  {
    name: "Claude",
    registers: ["https://claude.ai/api/mcp/auth_callback"],
    uses: [{ redirectUri: "https://claude.ai/api/mcp/auth_callback", shown: { destination: "claude.ai" } }],
  },
  {
    name: "Claude Code",
    registers: ["http://localhost:54212/callback"],
    uses: [
      {
        redirectUri: "http://localhost:54212/callback",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "localhost:54212" },
      },
      {
        redirectUri: "http://localhost:60001/callback",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "localhost:60001" },
      },
    ],
  },
  {
    name: "Visual Studio Code",
    registers: [
      "https://insiders.vscode.dev/redirect",
      "https://vscode.dev/redirect",
      "http://localhost/",
      "http://127.0.0.1/",
      "http://localhost:33418/",
      "http://127.0.0.1:33418/",
    ],
    uses: [
      {
        redirectUri: "http://127.0.0.1:33418/",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "127.0.0.1:33418" },
      },
      {
        redirectUri: "http://127.0.0.1:51877/",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "127.0.0.1:51877" },
      },
      { redirectUri: "https://vscode.dev/redirect", shown: { destination: "vscode.dev" } },
      { redirectUri: "https://insiders.vscode.dev/redirect", shown: { destination: "insiders.vscode.dev" } },
    ],
  },
  {
    name: "Cursor",
    registers: [
      "cursor://anysphere.cursor-mcp/oauth/callback",
      "https://www.cursor.com/agents/mcp/oauth/callback",
      "http://localhost:8787/callback",
    ],
    uses: [
      {
        redirectUri: "cursor://anysphere.cursor-mcp/oauth/callback",
        shown: { destination: "an application on this device", destinationAddress: "cursor:" },
      },
      {
        redirectUri: "https://www.cursor.com/agents/mcp/oauth/callback",
        shown: { destination: "www.cursor.com" },
      },
      {
        redirectUri: "http://localhost:8787/callback",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "localhost:8787" },
      },
    ],
  },
  {
    name: "ChatGPT",
    registers: ["https://chatgpt.com/connector_platform_oauth_redirect"],
    uses: [
      {
        redirectUri: "https://chatgpt.com/connector_platform_oauth_redirect",
        shown: { destination: "chatgpt.com" },
      },
    ],
  },
  {
    name: "MCP Inspector",
    registers: ["http://127.0.0.1:6276/oauth/callback"],
    uses: [
      {
        redirectUri: "http://127.0.0.1:6276/oauth/callback",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "127.0.0.1:6276" },
      },
    ],
  },
  {
    name: "A client that listens on IPv6",
    registers: ["http://[::1]/callback"],
    uses: [
      {
        redirectUri: "http://[::1]:7001/callback",
        shown: { ...ON_THIS_DEVICE, destinationAddress: "[::1]:7001" },
      },
    ],
  },
];

const twin = useTwin();
const browser = useBrowser();
let person: BrowserPerson;

beforeAll(async () => {
  person = await browser.person();
});

describe.each(REAL_CLIENTS)("$name", ({ name, registers, uses }) => {
  it("CLI-1 CLI-6 CON-2 CON-5 registers, a person reads where the answer goes, and there it goes", async () => {
    const metadata = { client_name: name, redirect_uris: registers };
    const client = await OAuthClient.register(twin.origin, metadata);
    for (const { redirectUri, shown } of uses) {
      const tab = await person.open(client.authorizationRequest({ redirect_uri: redirectUri }).url);
      expect(await tab.consent()).toMatchObject({ client: name, ...shown });

      const leftFor = await tab.leaveByDenying();
      expect(leftFor.href.split("?")[0]).toBe(redirectUri);
      expect(leftFor.searchParams.get("error")).toBe("access_denied");
      await tab.close();
    }
  });
});
