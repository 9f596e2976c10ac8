import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, defineGateway, loadGatewayConfig, parseGatewayConfig } from "./load.ts";
import type { GatewayConfigInput } from "./schema.ts";

const gateway: GatewayConfigInput = {
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [{ name: "mcp.tools", description: "use the tools" }],
    },
  ],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("loadGatewayConfig", () => {
  it("gives what the module exports, with the defaults filled in", async () => {
    const path = await file("good.mjs", `export default ${JSON.stringify(gateway)}`);
    const config = await loadGatewayConfig(path);
    expect(config.name).toBe("MCP gateway");
    expect(config.servers[0]?.scopes[0]?.required).toBe(true);
  });

  it("loads the configuration that ships", async () => {
    const config = await loadGatewayConfig(resolve(import.meta.dirname, "../gateway.config.ts"));
    expect(config.servers.map((server) => server.name)).toContain("graph");
  });

  it.each([
    ["it does not parse", "syntax.mjs", "export default {", ""],
    ["it throws", "throwing.mjs", 'throw new Error("the reason")', "the reason"],
    ["it has no default export", "named.mjs", "export const gateway = {}", "has no default export"],
    ["a field is wrong", "wrong.mjs", "export default { servers: [], name: 1 }", "name: "],
  ])("names the file when %s", async (_, name, content, message) => {
    const path = await file(name, content);
    const failure = loadGatewayConfig(path);
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(`${path}: ${message}`);
  });

  it("names the file that is not there", async () => {
    const failure = loadGatewayConfig(join(folder, "absent.mjs"));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(`${join(folder, "absent.mjs")}: `);
  });
});

describe("parseGatewayConfig", () => {
  it("names the file and every wrong field, one a line", () => {
    const [server] = gateway.servers;
    const config = { servers: [server, { ...server, title: "", scopes: [{ name: "a b" }] }], name: 5 };
    expect(() => parseGatewayConfig(config, "my.config.ts")).toThrow(
      expect.objectContaining({
        name: "ConfigError",
        message: expect.stringMatching(
          /^my\.config\.ts: name: .+\nmy\.config\.ts: servers\[1\]\.title: .+\nmy\.config\.ts: servers\[1\]\.scopes\[0\]\.name: .+\nmy\.config\.ts: servers\[1\]\.scopes\[0\]\.description: .+$/,
        ),
      }),
    );
  });

  it.each([null, "text", []])("says that %j is no configuration at all", (value) => {
    expect(() => parseGatewayConfig(value, "my.config.ts")).toThrow("my.config.ts: (top level): ");
  });
});

describe("defineGateway", () => {
  it("gives its argument back", () => {
    expect(defineGateway(gateway)).toBe(gateway);
  });
});
