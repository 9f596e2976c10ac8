import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildApps } from "./build.ts";

let outputFolder: string;

beforeAll(async () => {
  outputFolder = await mkdtemp(join(tmpdir(), "build-"));
});
afterAll(() => rm(outputFolder, { recursive: true, force: true }));

async function contentHashes(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const hash = async (name: string) =>
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hash(name)])));
}

describe("buildApps", () => {
  it("makes a complete folder, the same one each time", async () => {
    const folders = await buildApps({ outputFolder, apps: ["graph-mcp"] });
    const folder = join(outputFolder, "graph-mcp");
    expect(folders).toEqual({ "graph-mcp": folder });

    const first = await contentHashes(folder);
    expect(Object.keys(first)).toEqual(["app.mjs", "app.mjs.map", "host.json", "package.json"]);
    expect(JSON.parse(await readFile(join(folder, "package.json"), "utf8"))).toEqual({
      type: "module",
      main: "app.mjs",
    });

    await buildApps({ outputFolder, apps: ["graph-mcp"] });
    expect(await contentHashes(folder)).toEqual(first);
  });

  it("builds again what has changed only, where that is asked for", async () => {
    const options = { outputFolder, apps: ["graph-mcp"], onlyWhatChanged: true };
    const bundle = join(outputFolder, "graph-mcp/app.mjs");
    await buildApps({ outputFolder, apps: ["graph-mcp"] });
    const { mtimeMs } = await stat(bundle);
    await buildApps(options);
    expect((await stat(bundle)).mtimeMs).toBe(mtimeMs);
    await writeFile(bundle, "no bundle");
    await buildApps(options);
    expect(await readFile(bundle, "utf8")).toContain("get_graph_user_details");
  });

  it("needs no package beside the Functions runtime's own", async () => {
    const { "graph-mcp": folder = "" } = await buildApps({ outputFolder, apps: ["graph-mcp"] });
    const bundle = await readFile(join(folder, "app.mjs"), "utf8");
    const imported = [...bundle.matchAll(/^import .*?from "([^"]+)";$/gm)].map(([, name]) => name ?? "");
    const builtIn = new Set((await import("node:module")).builtinModules);
    expect(imported.filter((name) => !builtIn.has(name.replace(/^node:/, "")))).toEqual([]);
    expect(imported.length).toBeGreaterThan(0);
  });

  it("has none of zod's languages but English, which take half a megabyte", async () => {
    const { "graph-mcp": folder = "" } = await buildApps({ outputFolder, apps: ["graph-mcp"] });
    const bundle = await readFile(join(folder, "app.mjs"), "utf8");
    const languages = [...bundle.matchAll(/^\/\/ node_modules\/zod\/.*\/locales\/(.+)\.js$/gm)].map(
      ([, name]) => name,
    );
    expect(languages.filter((name) => name !== "en" && name !== "index")).toEqual([]);
  });

  it("refuses an app that does not exist", async () => {
    await expect(buildApps({ outputFolder, apps: ["nothing"] })).rejects.toThrow("nothing");
  });
});
