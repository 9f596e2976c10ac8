import { execFile } from "node:child_process";

/** Long enough to download the providers. */
const TIMEOUT = 600_000;

export interface Outcome {
  readonly code: number;
  /** What it wrote, to either stream. */
  readonly text: string;
}

/**
 * Runs Terraform in a folder. The environment is all that it gets: nothing of this process's own, so that no
 * operator's credentials are in play.
 */
export function runTerraform(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      "terraform",
      [...args],
      {
        cwd: folder,
        env: { ...environment, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
        timeout: TIMEOUT,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        const ended = error?.killed ? `terraform ${args[0]} did not end within ${TIMEOUT / 1000} s\n` : "";
        const started = error && !error.killed && typeof error.code !== "number" ? error.message : "";
        resolve({ code, text: `${stdout}${stderr}${ended}${started}` });
      },
    );
  });
}
