import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * Bundles test-app.ts into a new temporary folder, as a Functions app is deployed.
 *
 * @returns the folder; its maker removes it
 */
export async function bundleTestApp(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "functions-host-"));
  await build({
    entryPoints: [join(import.meta.dirname, "test-app.ts")],
    outfile: join(folder, "app.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["@azure/functions-core"],
    banner: { js: 'import { createRequire as c } from "node:module"; const require = c(import.meta.url);' },
  });
  const hostJson = { version: "2.0", extensions: { http: { routePrefix: "" } } };
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "app.mjs" }));
  await writeFile(join(folder, "host.json"), JSON.stringify(hostJson));
  return folder;
}
