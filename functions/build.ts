import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { BuildResult, OutputFile } from "esbuild";
import { isBuilt, recordBuild } from "./built-before.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const APPS = import.meta.dirname;
const LANGUAGES = join(APPS, "authorization-server/pages/languages");

/** What an app's folder holds. */
const FILES = ["app.mjs", "app.mjs.map", "host.json", "package.json"];

/** Dependencies in CommonJS call `require`, which an ES module does not have. */
const REQUIRE_BANNER =
  'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);';

/**
 * Bundles the Functions apps. Each app's folder is complete: it runs, and is deployed, as it stands.
 *
 * @param options.outputFolder where the apps' folders go; dist/functions unless given
 * @param options.apps names of the apps to build; every folder beside this file that has an app.ts unless given
 * @param options.onlyWhatChanged leaves a build alone that has not changed since, nor what it was made from; false unless given
 * @returns each app's folder, absolute, by the app's name
 * @throws Error when an app does not exist or does not compile
 */
export async function buildApps(
  options: { outputFolder?: string; apps?: string[]; onlyWhatChanged?: boolean } = {},
): Promise<Record<string, string>> {
  const outputFolder = resolve(options.outputFolder ?? join(REPOSITORY, "dist/functions"));
  const apps = options.apps ?? (await appNames());
  const outputs = apps.flatMap((app) => FILES.map((name) => join(app, name)));
  if (!(options.onlyWhatChanged && (await isBuilt(outputFolder, outputs)))) {
    const [{ outputFiles, metafile }, languages] = await Promise.all([
      bundle(apps, outputFolder),
      apps.includes("authorization-server") ? checkLanguages(LANGUAGES) : [],
    ]);
    await Promise.all(apps.map((app) => writeApp(app, outputFolder, outputFiles)));
    const hosts = apps.map((app) => join(APPS, app, "host.json"));
    await recordBuild(outputFolder, [...Object.keys(metafile.inputs), ...hosts, ...languages], outputs);
  }
  return Object.fromEntries(apps.map((app) => [app, join(outputFolder, app)]));
}

/**
 * Checks that every language has every text, and no other. esbuild drops types unread; a page with a text missing would
 * be found by whoever speaks that language.
 *
 * @param folder of the languages, with the tsconfig.json that checks them alone
 * @returns the files that it read
 * @throws Error that names file, line and text
 */
export async function checkLanguages(folder: string): Promise<readonly string[]> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  try {
    await promisify(execFile)(process.execPath, [compiler, "--project", folder, "--pretty", "false"]);
  } catch (cause) {
    const { stdout } = cause as { stdout?: string };
    throw new Error(`The languages in ${folder} do not compile:\n${stdout ?? cause}`, { cause });
  }
  return (await readdir(folder)).filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

async function appNames(): Promise<string[]> {
  const entries = await readdir(APPS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(APPS, entry.name, "app.ts")))
    .map((entry) => entry.name)
    .sort();
}

/** All apps in one go: most of what they depend on they share, and it is then read once. */
async function bundle(
  apps: readonly string[],
  outputFolder: string,
): Promise<BuildResult<{ write: false; metafile: true }>> {
  // Not before it is needed: where nothing has changed, it is not.
  const { build, stop } = await import("esbuild");
  try {
    return await build({
      absWorkingDir: REPOSITORY,
      entryPoints: apps.map((app) => ({ in: join(APPS, app, "app.ts"), out: `${app}/app` })),
      outdir: outputFolder,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      target: "node24",
      format: "esm",
      minifySyntax: true,
      sourcemap: "linked",
      banner: { js: REQUIRE_BANNER },
      external: ["@azure/functions-core"],
      logLevel: "silent",
      metafile: true,
      write: false,
    });
  } finally {
    await stop();
  }
}

async function writeApp(app: string, outputFolder: string, files: readonly OutputFile[]): Promise<void> {
  const folder = join(outputFolder, app);
  await mkdir(folder, { recursive: true });
  await Promise.all([
    ...files
      .filter(({ path }) => dirname(path) === folder)
      .map((file) => replaceFile(folder, basename(file.path), file.contents)),
    replaceFile(folder, "host.json", await readFile(join(APPS, app, "host.json"))),
    replaceFile(folder, "package.json", `${JSON.stringify({ type: "module", main: "app.mjs" }, null, 2)}\n`),
  ]);
}

/** Writes the file in one step, so that an app being loaded meanwhile is read whole. */
async function replaceFile(folder: string, name: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(folder, `.${name}.${crypto.randomUUID()}`);
  await writeFile(temporary, contents);
  await rename(temporary, join(folder, name));
}

if (import.meta.main) {
  for (const [app, folder] of Object.entries(await buildApps())) {
    const { length } = await readFile(join(folder, "app.mjs"));
    process.stdout.write(`${app}: ${(length / 1024).toFixed(0)} KiB in ${folder}\n`);
  }
}
