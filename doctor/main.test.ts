import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { startFaultProxy } from "../test/support/fault-proxy.ts";
import { readArguments } from "./arguments.ts";
import { browserCommand } from "./open-browser.ts";
import { readMcpUrl } from "./visit.ts";

const MAIN = join(import.meta.dirname, "main.ts");

/** Runs the command as a person does. */
async function doctor(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const environment = { ...process.env, NO_COLOR: "1" };
  try {
    const run = await promisify(execFile)(process.execPath, [MAIN, ...words], { env: environment });
    return { code: 0, ...run };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe("npm run doctor", () => {
  it.each([
    [[], "takes one MCP URL"],
    [["mcp.contoso.com/mcp"], "a whole address"],
    [["https://mcp.contoso.com/mcp?x=1"], "no query"],
    [["https://mcp.contoso.com/mcp", "--authorization-server-url", "func"], "a whole address"],
    [["https://mcp.contoso.com/mcp", "--unknown"], "--unknown"],
  ])("ends with 2 when it cannot begin: %o", async (words, message) => {
    const { code, stdout, stderr } = await doctor(...words);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });

  it("ends with 0 when help is wanted", async () => {
    expect(await doctor("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("--sign-in") });
  });

  it("ends with 1 when nobody answers, in a table and in JSON", async () => {
    const nobody = await startFaultProxy();
    await nobody.stop();
    const { code, stdout } = await doctor(`${nobody.url}/mcp`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WRONG {4}Connection and TLS\n {9}unreachable: .*nobody listens there\.\n/m);
    expect(stdout).toContain("$ npm start");
    expect(stdout).not.toContain("\u001b");

    const json = await doctor(`${nobody.url}/mcp`, "--json");
    expect(json.code).toBe(1);
    const { healthy, checks } = JSON.parse(json.stdout) as {
      healthy: boolean;
      checks: { outcome: string }[];
    };
    expect(healthy).toBe(false);
    expect(checks.filter(({ outcome }) => outcome === "error")).toMatchObject([
      { name: "connection", findings: [{ code: "unreachable" }] },
    ]);
  });
});

describe("its arguments", () => {
  it("take the slash off the app's URL, and leave the MCP URL as it was typed", () => {
    const words = ["https://x.example/mcp/", "--authorization-server-url", "https://func.example/", "--json"];
    expect(readArguments(words, { ENTRA_TOKEN: "not asked for" })).toEqual({
      mcpUrl: "https://x.example/mcp/",
      authorizationServerUrl: "https://func.example",
      config: "gateway.config.ts",
      json: true,
      signIn: false,
    });
    expect(readMcpUrl("https://x.example/mcp/")).toEqual({
      mcpUrl: "https://x.example/mcp/",
      origin: "https://x.example",
      path: "/mcp",
      local: false,
    });
  });

  it("take an Entra token from the environment, and want one there", () => {
    const words = ["https://x.example/mcp", "--entra-token"];
    expect(readArguments(words, { ENTRA_TOKEN: " token\n" })).toMatchObject({ entraToken: "token" });
    expect(() => readArguments(words, {})).toThrow("in ENTRA_TOKEN");
  });

  it.each(["http://localhost:8080/mcp", "http://127.0.0.1/mcp", "http://[::1]:8080/mcp"])(
    "know %s as local",
    (url) => {
      expect(readMcpUrl(url).local).toBe(true);
    },
  );
});

describe("the browser", () => {
  it("is the system's, unless BROWSER names another, and no shell reads the URL", () => {
    expect(browserCommand("win32", undefined)).toEqual(["rundll32.exe", "url.dll,FileProtocolHandler"]);
    expect(browserCommand("darwin", "")).toEqual(["open"]);
    expect(browserCommand("linux", undefined)).toEqual(["xdg-open"]);
    expect(browserCommand("win32", "firefox")).toEqual(["firefox"]);
  });
});
