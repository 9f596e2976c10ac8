import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "..");
/** Beside the apps' folders, which hold what is deployed and nothing else. */
const RECORD = "built.json";
/** What decides about the bundles beside the sources: the installed packages, the compiler's options and the build itself. */
const ALWAYS = [
  "node_modules/.package-lock.json",
  "tsconfig.json",
  "functions/build.ts",
  "functions/built-before.ts",
  "functions/authorization-server/pages/languages/tsconfig.json",
];

/** What a build read and wrote. */
interface BuildRecord {
  /** Paths in the repository; of node_modules only npm's list of what is installed. */
  readonly inputs: readonly string[];
  readonly hash: string;
  /** Sizes and times of what was written, by path in the output folder. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Remembers a build, so that the same is not built again.
 *
 * @param inputs of the bundles and the apps' folders, absolute or in the repository
 * @param outputs paths in the output folder
 */
export async function recordBuild(
  outputFolder: string,
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const own = inputs
    .map((path) => relative(REPOSITORY, resolve(REPOSITORY, path)))
    .filter((path) => !path.split(/[/\\]/).includes("node_modules"));
  const all = [...new Set([...own, ...ALWAYS])].sort();
  const record: BuildRecord = {
    inputs: all,
    hash: await hashOf(all),
    outputs: Object.fromEntries(
      await Promise.all(
        outputs.map(async (path) => [path, await stateOf(join(outputFolder, path))] as const),
      ),
    ),
  };
  await writeFile(join(outputFolder, RECORD), JSON.stringify(record));
}

/** @returns whether a build would write what is there already: no input has changed since, and no output */
export async function isBuilt(outputFolder: string, outputs: readonly string[]): Promise<boolean> {
  try {
    const record = JSON.parse(await readFile(join(outputFolder, RECORD), "utf8")) as BuildRecord;
    const states = await Promise.all(outputs.map((path) => stateOf(join(outputFolder, path))));
    if (outputs.some((path, index) => record.outputs[path] !== states[index])) return false;
    return record.hash === (await hashOf(record.inputs));
  } catch {
    // Nothing was built, or a file that it was built from is gone.
    return false;
  }
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const contents = await Promise.all(paths.map((path) => readFile(join(REPOSITORY, path))));
  const hash = createHash("sha256").update(process.version);
  for (const [index, content] of contents.entries()) {
    hash.update(`\0${paths[index]}\0${content.byteLength}\0`).update(content);
  }
  return hash.digest("base64");
}

async function stateOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}
