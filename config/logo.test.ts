import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGatewayConfig } from "./load.ts";
import { readLogo } from "./logo.ts";

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>';
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "logo-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("readLogo", () => {
  it.each([
    ["plain.svg", SVG, "image/svg+xml"],
    ["declared.svg", `\uFEFF<?xml version="1.0"?>\n<!-- made by hand -->\n${SVG}`, "image/svg+xml"],
    ["logo.png", PNG, "image/png"],
    // What counts is the content.
    ["misnamed.svg", PNG, "image/png"],
    ["as-large-as-can-be.png", Buffer.concat([PNG, Buffer.alloc(32 * 1024 - PNG.length)]), "image/png"],
  ])("reads %s", async (name, content, type) => {
    expect(await readLogo(await file(name, content))).toBe(
      `data:${type};base64,${Buffer.from(content).toString("base64")}`,
    );
  });

  it.each([
    ["empty.svg", "", "is no PNG file, and no SVG file"],
    ["page.svg", "<html><script>alert(1)</script></html>", "its root is not <svg xmlns="],
    ["foreign.svg", "<svg><path/></svg>", "its root is not <svg xmlns="],
    ["broken.svg", `${SVG.slice(0, -6)}`, "unclosed tag"],
    ["photo.png", Buffer.from("ffd8ffe0", "hex"), "is no PNG file, and no SVG file"],
    ["large.svg", SVG + " ".repeat(32 * 1024), "a logo has at most 32768"],
  ])("refuses %s", async (name, content, message) => {
    await expect(readLogo(await file(name, content))).rejects.toThrow(message);
  });
});

describe("loadGatewayConfig", () => {
  const config = (branding: object) =>
    `export default ${JSON.stringify({
      servers: [
        {
          name: "graph",
          title: "Graph",
          backend: { app: "graph-mcp" },
          entra: { scope: "Mcp.Access" },
          scopes: [{ name: "mcp.tools", description: "use the tools" }],
        },
      ],
      branding,
    })}`;

  it("puts the logo's content in the place of its path, from the folder of the configuration", async () => {
    await file("relative.svg", SVG);
    const path = await file("logo.config.mjs", config({ logo: "relative.svg", color: "#123456" }));
    expect((await loadGatewayConfig(path)).branding).toEqual({
      color: "#123456",
      logo: `data:image/svg+xml;base64,${Buffer.from(SVG).toString("base64")}`,
    });
  });

  it.each([
    ["absent", "absent.svg", "ENOENT"],
    ["no image", "logo.config.mjs", "is no PNG file"],
    ["a folder", ".", "EISDIR"],
  ])("names the field when its file is %s", async (_, logo, message) => {
    const path = await file(`bad-${logo}.mjs`, config({ logo }));
    await expect(loadGatewayConfig(path)).rejects.toThrow(`${path}: branding.logo: `);
    await expect(loadGatewayConfig(path)).rejects.toThrow(message);
  });

  it("leaves what is no path for the schema to name", async () => {
    const path = await file("number.mjs", config({ logo: 5 }));
    await expect(loadGatewayConfig(path)).rejects.toThrow(`${path}: branding.logo: `);
  });
});
