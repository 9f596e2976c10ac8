import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { OURS } from "../contestants.ts";
import { median } from "../statistics.ts";

const run = promisify(execFile);

/** The smallest Functions app: one function, over the same library, bundled in the same way. */
const EMPTY_APP = `import { app } from "@azure/functions";
app.http("hello", { authLevel: "anonymous", methods: ["GET"], handler: async () => ({ body: "hello" }) });`;

export interface ColdStarts {
  /** CPU milliseconds of a process from its start to the app's functions being registered, without a compile cache. */
  readonly empty: number;
  readonly ours: number;
}

/** @param settings with which the authorization server loads */
export async function measureColdStart(
  bundle: string,
  settings: Readonly<Record<string, string>>,
  rounds: number,
): Promise<ColdStarts> {
  const folder = await mkdtemp(join(tmpdir(), "bench-empty-app-"));
  try {
    const empty = join(folder, "app.mjs");
    await build({
      stdin: { contents: EMPTY_APP, resolveDir: import.meta.dirname },
      outfile: empty,
      bundle: true,
      platform: "node",
      format: "esm",
      minifySyntax: true,
      external: ["@azure/functions-core"],
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    const times = { empty: [] as number[], [OURS]: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      times.empty.push(await load(empty, {}));
      times[OURS].push(await load(join(bundle, "app.mjs"), settings));
    }
    return { empty: median(times.empty), ours: median(times[OURS]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(app: string, settings: Readonly<Record<string, string>>): Promise<number> {
  const program = join(import.meta.dirname, "../servers/cold-start.mjs");
  const { stdout } = await run(process.execPath, [program, app], {
    env: { ...settings, NODE_DISABLE_COMPILE_CACHE: "1" },
    timeout: 60_000,
  });
  return Number(stdout);
}
