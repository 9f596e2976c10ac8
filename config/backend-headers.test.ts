import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";

const VAULT =
  "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shared/providers/Microsoft.KeyVault/vaults/contoso";
const KEY = { keyVault: VAULT, secret: "notes-key" };

const parse = (headers: unknown, identity?: unknown) =>
  parseGatewayConfig(
    {
      servers: [
        {
          name: "notes",
          title: "Notes",
          backend: { url: "https://notes.example/mcp", headers },
          ...(identity === undefined ? { entra: { scope: "api://notes/Notes.Use" } } : { identity }),
          scopes: [{ name: "notes.use", description: "use the notes" }],
        },
      ],
    },
    "g.ts",
  ).servers[0]?.backend;

const backend = { url: "https://notes.example/mcp" };

describe("backend.headers", () => {
  it("GW-19 takes names of fields and places of secrets, and none unless given", () => {
    const headers = {
      "x-functions-key": KEY,
      "X-Api-Key": { ...KEY, secret: "a" },
      "Ocp-Apim-Subscription-Key": KEY,
    };
    expect(parse(headers)).toEqual({ ...backend, headers });
    expect(parse(undefined)).toEqual({ ...backend, headers: {} });
  });

  it.each([
    "Connection",
    "Keep-Alive",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Host",
    "Content-Type",
    "content-length",
    "Mcp-Session-Id",
    "MCP-Anything",
    "X-Gateway-Scopes",
    "x-gateway-key",
    "Cookie",
    "Set-Cookie",
    "traceparent",
    "tracestate",
    "baggage",
    "Request-Id",
    "X-Correlation-Id",
    "Accept",
    "Accept-Encoding",
    "User-Agent",
    "If-None-Match",
    "Last-Event-ID",
    "X-Forwarded-For",
    "Forwarded",
    "Origin",
    "Sec-Fetch-Site",
  ])("GW-19 refuses %s, which others set", (name) => {
    expect(() => parse({ [name]: KEY })).toThrow(
      `g.ts: servers[0].backend.headers.${name}: is a field that HTTP, MCP, the client or the gateway itself sets`,
    );
  });

  it.each([
    ["X-Key: stands twice", { "x-key": KEY, "X-Key": KEY }],
    ["x key: is not 1 to 40 letters", { "x key": KEY }],
    ["x{{y}}: is not 1 to 40 letters", { "x{{y}}": KEY }],
    [
      "x-key.keyVault: is not a vault's resource ID",
      { "x-key": { ...KEY, keyVault: "https://contoso.vault.azure.net" } },
    ],
    [
      "x-key.keyVault: is not a vault's resource ID",
      { "x-key": { ...KEY, keyVault: `${VAULT}/secrets/notes-key` } },
    ],
    ["x-key.secret: is not 1 to 127 letters", { "x-key": { ...KEY, secret: "a/b" } }],
    ["headers: has 6 fields; 5 are allowed", Object.fromEntries([..."abcdef"].map((name) => [name, KEY]))],
  ])("GW-19 refuses %s", (message, headers) => {
    expect(() => parse(headers)).toThrow(message);
  });

  it.each([
    ["the user's Entra token", undefined],
    ["the assertion", { assertion: { audience: "https://notes.example" } }],
  ])("GW-19 refuses Authorization, the field of %s", (sent, identity) => {
    for (const name of ["Authorization", "authorization"]) {
      expect(() => parse({ [name]: KEY }, identity)).toThrow(
        `g.ts: servers[0].backend.headers.${name}: is the field of ${sent}`,
      );
    }
  });

  it("GW-19 takes Authorization where the server is not told who calls", () => {
    const headers = { Authorization: KEY, "x-functions-key": KEY };
    expect(parse(headers, "none")).toEqual({ ...backend, headers });
  });

  it("GW-19 takes no value in clear text, and shows none", () => {
    expect(() => parse({ "x-key": "a-value-in-clear" })).toThrow(/servers\[0\]\.backend/);
    expect(() => parse({ "x-key": "a-value-in-clear" })).not.toThrow(/a-value-in-clear/);
  });
});
