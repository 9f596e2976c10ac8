import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { PATIENCE_MS } from "./patience.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const PACKAGE = join(REPOSITORY, "node_modules/@sparticuz/chromium/package.json");
/** Git-ignored, and gone with the next `npm ci`. */
const CACHE = join(REPOSITORY, "node_modules/.cache/chromium");
const SYSTEM_CHROMIUM = "/usr/bin/chromium";

const UNPACK = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
/** Tells the package to unpack the system libraries that its Chromium needs as well: a bare machine lacks them. */
const WITH_LIBRARIES = { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };

/** A Chromium to start, and the environment that it needs. */
export interface BrowserProgram {
  readonly executable: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The Chromium for tests: `CHROMIUM_PATH` if that is set; on Linux x64 the one inside `@sparticuz/chromium`, with its own
 * libraries and fonts, so that pages look the same everywhere; otherwise Debian's.
 */
export async function browserProgram(): Promise<BrowserProgram> {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen) return { executable: chosen, environment: {} };
  if (process.platform === "linux" && process.arch === "x64") return packagedChromium();
  if (existsSync(SYSTEM_CHROMIUM)) return { executable: SYSTEM_CHROMIUM, environment: {} };
  throw new Error("there is no Chromium for this machine; set CHROMIUM_PATH to one");
}

/**
 * Unpacked once for each version. Test files run at the same time, so each unpacks into a folder of its own and moves the
 * whole into place; who comes second finds the place taken and uses what is there.
 */
async function packagedChromium(): Promise<BrowserProgram> {
  const { version } = JSON.parse(await readFile(PACKAGE, "utf8")) as { version: string };
  const folder = join(CACHE, version);
  if (!existsSync(folder)) {
    await mkdir(CACHE, { recursive: true });
    const unpacked = await mkdtemp(join(CACHE, "unpacking-"));
    try {
      await unpack(unpacked, folder);
      await rename(unpacked, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(unpacked, { recursive: true, force: true });
    }
  }
  return {
    executable: join(folder, "chromium"),
    environment: {
      LD_LIBRARY_PATH: join(folder, "al2023/lib"),
      FONTCONFIG_FILE: join(folder, "only-these-fonts.conf"),
    },
  };
}

/** The package unpacks into the temporary folder of its process. */
async function unpack(folder: string, finalFolder: string): Promise<void> {
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", UNPACK], {
    cwd: REPOSITORY,
    env: { ...process.env, ...WITH_LIBRARIES, TMPDIR: folder },
    timeout: PATIENCE_MS,
  });
  await writeFile(
    join(folder, "only-these-fonts.conf"),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${finalFolder}/fonts/fonts</dir><cachedir>${finalFolder}/fonts/cache</cachedir></fontconfig>
`,
  );
}
