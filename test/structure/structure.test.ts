import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { cyclesIn, importsOf, type Sources, unusedExports, wrongImports } from "./imports.ts";
import { isTestCode, layers } from "./layers.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Every tracked file that can import another. */
function trackedSources(): Sources {
  const listed = execFileSync("git", ["ls-files", "*.ts", "*.js", "*.mjs"], {
    cwd: REPOSITORY,
    encoding: "utf8",
  });
  const paths = listed.split("\n").filter((path) => path !== "" && existsSync(join(REPOSITORY, path)));
  return new Map(paths.map((path) => [path, readFileSync(join(REPOSITORY, path), "utf8")]));
}

describe("the repository", () => {
  const sources = trackedSources();

  it("imports only what the layers allow", () => {
    expect(wrongImports(sources, layers, isTestCode)).toEqual([]);
  });

  it("uses the local gateway by its public face", () => {
    const inside = (path: string) => path.startsWith("packages/local-gateway/");
    const wrong = importsOf(sources).filter(
      ({ from, to }) => !inside(from) && (inside(to) || to.startsWith("apim-local-gateway/")),
    );
    expect(wrong).toEqual([]);
  });

  it("has no test code in what is deployed or started", () => {
    const wrong = importsOf(sources)
      .filter(({ from, to }) => !isTestCode(from) && sources.has(to) && isTestCode(to))
      .filter(({ from }) => from !== "vitest.config.ts");
    expect(wrong).toEqual([]);
  });

  it("has no import cycles, of types neither", () => {
    expect(cyclesIn(sources)).toEqual([]);
  });

  it("has no unused exports", () => {
    expect(unusedExports(sources)).toEqual([]);
  });
});

describe("the check", () => {
  const files = (texts: Readonly<Record<string, string>>): Sources => new Map(Object.entries(texts));

  it("finds an import that a layer does not allow, of a type and of a mock too", () => {
    const rooms = { config: [], app: ["config", "other/contract.ts"], "app/inner": [], other: [] };
    const sources = files({
      "config/a.ts": 'import { b } from "../app/b.ts";',
      "app/b.ts": 'import type { a } from "../config/a.ts";\nimport { c } from "../other/contract.ts";',
      "app/d.ts": 'import {\n  type e,\n} from "../other/inner.ts";\nexport * from "./b.ts";',
      "app/inner/e.ts": 'export { b } from "../b.ts";',
      "app/f.ts": 'const g = await import("../other/inner.ts");',
      "app/b.test.ts": 'import "../other/inner.ts";',
      "nowhere/h.ts": 'import "./i.ts";',
      "nowhere/i.ts": "",
      "other/contract.ts": 'vi.mock("./inner.ts");',
      "other/inner.ts": "",
    });
    expect(wrongImports(sources, rooms, (path) => path.endsWith(".test.ts"))).toEqual([
      "config/a.ts imports app/b.ts",
      "app/d.ts imports other/inner.ts",
      "app/inner/e.ts imports app/b.ts",
      "app/f.ts imports other/inner.ts",
      "nowhere/h.ts imports nowhere/i.ts",
    ]);
  });

  it("finds cycles, of types too, once each", () => {
    const sources = files({
      "a.ts": 'import { b } from "./b.ts";',
      "b.ts": 'import type { c } from "./c.ts";',
      "c.ts": 'import { a } from "./a.ts";\nimport { d } from "./d.ts";',
      "d.ts": "",
    });
    expect(cyclesIn(sources)).toEqual([["a.ts", "b.ts", "c.ts"]]);
  });

  it("finds exports that nothing imports, and types that nothing uses", () => {
    const sources = files({
      "a.ts":
        "export const used = 1;\nexport async function unused() {}\nexport class Whole {}\n" +
        "export interface Dead {}\nexport type Named = string;\nconst x: Named = used;",
      "b.ts": 'import { used as other, type Whole } from "./a.ts";\nexport const all = 1;',
      "c.ts": 'import * as b from "./b.ts";',
    });
    expect(unusedExports(sources)).toEqual(["a.ts: unused", "a.ts: Dead"]);
  });
});
