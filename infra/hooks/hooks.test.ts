import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftovers } from "./app-settings.ts";

const RUN = join(import.meta.dirname, "run.mjs");

/** Runs a hook the way azure.yaml does, and gives what it wrote and how it ended. */
async function hook(args: string[], environment: Record<string, string> = {}) {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return promisify(execFile)(process.execPath, [RUN, ...args], {
    env: { PATH, NODE_COMPILE_CACHE, ...environment },
    timeout: 60_000,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  );
}

describe("a hook", () => {
  it.each([["nothing"], ["../main"], [""]])("is one that there is: %j", async (name) => {
    expect(await hook([name])).toMatchObject({ code: 1, text: expect.stringContaining("There is no hook") });
  });

  it("asks for what is missing by its name, where nobody can be asked", async () => {
    const { code, text } = await hook(["preprovision"]);
    expect(code).toBe(1);
    expect(text).toContain("azd env set GATEWAY_PUBLISHER_EMAIL");
  });

  it("fails with the settings that are wrong", async () => {
    const { code, text } = await hook(["preprovision"], {
      GATEWAY_PUBLISHER_EMAIL: "operators@example.com",
      GATEWAY_APIM_SKU: "Gold",
    });
    expect(code).not.toBe(0);
    expect(text).toContain('GATEWAY_APIM_SKU: "Gold" is not allowed');
  });

  it("says where its values come from when it is not run by azd", async () => {
    expect((await hook(["postprovision"])).text).toContain("run this by way of azd");
    expect((await hook(["postdeploy"])).text).toContain("MCP_URL comes from azd provision");
  });

  it("waits for the deployment, then hands the doctor the MCP URL and names it to the person", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hook-"));
    const paths: string[] = [];
    const gateway = createServer(({ url = "" }, response) => {
      paths.push(url);
      response.end("{}");
    });
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    const mcpUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/files/mcp`;
    try {
      await writeFile(join(folder, "npm"), '#!/bin/sh\necho "npm $@"\n');
      await chmod(join(folder, "npm"), 0o755);
      const { code, text } = await hook(["postdeploy"], {
        PATH: `${folder}${delimiter}${process.env["PATH"]}`,
        MCP_URL: mcpUrl,
      });
      expect({ code, text }).toEqual({
        code: 0,
        text: `npm run --silent doctor -- ${mcpUrl}\nConnect a client to ${mcpUrl}\n`,
      });
      expect(paths).toEqual(["/health/ready"]);
    } finally {
      gateway.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("what the provider leaves in an app's settings", () => {
  const place = { subscriptionId: "sub", resourceGroup: "rg-x", app: "mcpgw-auth-1" };
  let settings: Record<string, string>;
  let calls: { method: string; url: string; authorization: string }[];
  let status: number;
  let server: ReturnType<typeof createServer>;
  let endpoint: string;

  beforeEach(async () => {
    settings = {
      KEEP: "this",
      AzureWebJobsStorage: "AccountKey=",
      DEPLOYMENT_STORAGE_CONNECTION_STRING: "AccountKey=",
    };
    calls = [];
    status = 200;
    server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      calls.push({ method, url, authorization: headers.authorization ?? "" });
      if (method === "PUT") settings = JSON.parse(await body(request)).properties;
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify({ properties: settings }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => new Promise<unknown>((resolve) => server.close(resolve)));

  it("goes, and everything else stays", async () => {
    expect(await removeLeftovers(place, "token", endpoint)).toEqual([
      "AzureWebJobsStorage",
      "DEPLOYMENT_STORAGE_CONNECTION_STRING",
    ]);
    expect(settings).toEqual({ KEEP: "this" });
    const path =
      "/subscriptions/sub/resourceGroups/rg-x/providers/Microsoft.Web/sites/mcpgw-auth-1/config/appsettings";
    expect(calls).toEqual([
      { method: "POST", url: `${path}/list?api-version=2024-04-01`, authorization: "Bearer token" },
      { method: "PUT", url: `${path}?api-version=2024-04-01`, authorization: "Bearer token" },
    ]);
  });

  it("is looked for only, once it is gone", async () => {
    await removeLeftovers(place, "token", endpoint);
    calls = [];
    expect(await removeLeftovers(place, "token", endpoint)).toEqual([]);
    expect(calls.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("is reported by the app's name, without the token, when Azure refuses", async () => {
    status = 403;
    const refused = removeLeftovers(place, "a-token", endpoint);
    await expect(refused).rejects.toThrow("mcpgw-auth-1: Azure answered 403");
    await expect(refused).rejects.not.toThrow("a-token");
  });
});

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

describe("azure.yaml", () => {
  it("starts each hook with the same command in either shell, and no other", async () => {
    const text = await readFile(join(import.meta.dirname, "../../azure.yaml"), "utf8");
    const commands = [...text.matchAll(/shell: (\w+)\n\s+run: (.+)/g)].map(([, shell, command]) => ({
      shell,
      command,
    }));
    const of = (shell: string) =>
      commands.filter((each) => each.shell === shell).map(({ command }) => command);
    expect(of("sh")).toEqual(of("pwsh"));
    for (const command of of("sh")) expect(command).toMatch(/^node infra\/hooks\/run\.mjs [a-z]+$/);
  });

  it("gives the terminal to the hooks that ask the person, or whose words have to stay", async () => {
    const text = await readFile(join(import.meta.dirname, "../../azure.yaml"), "utf8");
    const interactive = [...text.matchAll(/run: node \S+ (\w+)\n\s+interactive: true/g)].map(
      ([, name]) => name,
    );
    expect(interactive).toEqual(["preprovision", "preprovision", "postdeploy", "postdeploy"]);
  });

  it("has `azd up` go step by step, so that no progress table is drawn over what a hook says", async () => {
    const text = await readFile(join(import.meta.dirname, "../../azure.yaml"), "utf8");
    const steps = [...text.matchAll(/^ {4}- azd: (.+)$/gm)].map(([, step]) => step);
    expect(text).toMatch(/^workflows:\n {2}up:\n {4}- azd:/m);
    expect(steps).toEqual(["package --all", "provision", "deploy --all"]);
  });
});
