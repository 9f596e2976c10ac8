import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const REPOSITORY = resolve(import.meta.dirname, "..");
const pages = (await readdir(import.meta.dirname, { recursive: true }))
  .filter((file) => file.endsWith(".md"))
  .map((file) => file.replaceAll("\\", "/"))
  .sort();

interface Page {
  readonly file: string;
  readonly text: string;
  /** Without blocks of code. */
  readonly prose: string;
}

const read = async (name: string): Promise<Page> => {
  const file = join(import.meta.dirname, name);
  const text = await readFile(file, "utf8");
  return { file, text, prose: text.replace(/^ *```[\s\S]*?^ *```$/gm, "") };
};

/** A file or folder of the repository, as prose writes it. */
const PATH =
  /`((?:\.github|config|docs|doctor|examples|functions|infra|packages|policies|test|twin)\/[\w./-]*|[\w.-]+\.(?:ts|yaml))`/g;
/** A test file, then parts of its tests' names in quotes. */
const NAMED_TESTS = /`([\w./-]+\.test\.ts)`((?:,?\s+“[^”]+”)+)/g;

/** Where settings of a deployment, an app and its host have their names. */
const SETTINGS = [
  "infra/SETTINGS.md",
  "infra/settings/table.ts",
  "infra/stack.ts",
  "infra/terraform/variables.ts",
  "infra/constructs/authorization-server.ts",
  "infra/constructs/functions-app.ts",
  "infra/constructs/sample-server.ts",
  "functions/authorization-server/settings.ts",
  "twin/backend-secrets.test.ts",
];
/** What the provider makes of an attribute with another name. */
const ELSEWHERE = "APPLICATIONINSIGHTS_CONNECTION_STRING";

const sources = async (files: readonly string[]) =>
  (await Promise.all(files.map((each) => readFile(join(REPOSITORY, each), "utf8")))).join("\n");

const flat = (text: string) => text.replace(/\s+/g, " ");

/** The anchors that GitHub gives a page's headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(pages)("%s", async (name) => {
  const { file, text, prose } = await read(name);

  it("names files and folders that are there", () => {
    const named = [...prose.matchAll(PATH)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });

  it("names tests that are there", () => {
    const missing = [...prose.matchAll(NAMED_TESTS)].flatMap(([, path = "", names = ""]) => {
      const test = join(REPOSITORY, path);
      const source = existsSync(test) ? readFileSync(test, "utf8") : "";
      const parts = [...names.matchAll(/“([^”]+)”/g)].map(([, part = ""]) => flat(part));
      return parts.filter((part) => !source.includes(part)).map((part) => `${path}: ${part}`);
    });
    expect(missing).toEqual([]);
  });

  it("names npm scripts that there are", async () => {
    const { scripts } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8"));
    const named = [
      ...[...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = ""]) => script),
      ...[...text.matchAll(/npm (start|test)\b/g)].map(([, script = ""]) => script),
    ];
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it("names settings and outputs that there are", async () => {
    const named = [
      ...[...text.matchAll(/azd env (?:get-value|set) ([A-Z_]+)/g)].map(([, setting = ""]) => setting),
      ...[...prose.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])(?:=\w+)?`/g)].map(
        ([, setting = ""]) => setting,
      ),
    ];
    const known = `${await sources(SETTINGS)} ${ELSEWHERE}`;
    expect(named.filter((setting) => !new RegExp(`\\b${setting}\\b`).test(known))).toEqual([]);
  });

  it("names fields of gateway.config.ts that there are", async () => {
    const named = [...text.matchAll(/`(?:lifetimes|rateLimits|access)\.(\w+)`/g)].map(
      ([, field = ""]) => field,
    );
    const schema = await sources([
      "config/schema.ts",
      "config/servers.ts",
      "config/lifetimes.ts",
      "config/rate-limits.ts",
    ]);
    expect(named.filter((field) => !new RegExp(`^\\s+${field}:`, "m").test(schema))).toEqual([]);
  });

  it("has links that lead somewhere", async () => {
    const broken: string[] = [];
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const linked = path === "" ? file : join(dirname(file), path);
      const found =
        existsSync(linked) && (!anchor || anchors(await readFile(linked, "utf8")).includes(anchor));
      if (!found) broken.push(target);
    }
    expect(broken).toEqual([]);
  });
});

it("leaves no decision out of their list", async () => {
  const decisions = pages
    .filter((page) => /^decisions\/\d/.test(page))
    .map((page) => page.slice("decisions/".length));
  const { text } = await read(join("decisions", "README.md"));
  expect([...text.matchAll(/\]\((\d[^)]+)\)/g)].map(([, page]) => page)).toEqual(decisions);
});

it("names tests at all", async () => {
  const { prose } = await read("threat-model.md");
  expect([...prose.matchAll(NAMED_TESTS)].length).toBeGreaterThan(50);
});
