import { stat } from "node:fs/promises";
import { type LocalGateway, startGateway } from "../server.ts";
import { type CommandLine, readCommandLine, USAGE } from "./arguments.ts";
import { readDescriptionFile } from "./description-file.ts";
import { terminalLine } from "./terminal-line.ts";

const DEFAULT_PORT = 8080;

/**
 * Runs a gateway until Ctrl-C. Problems are one line on stderr.
 *
 * @param args of the command line, without those of Node itself
 * @returns the exit code
 */
export async function main(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    const commandLine = readCommandLine(args, environment);
    if (commandLine === "help") {
      process.stdout.write(USAGE);
      return 0;
    }
    const stopped = untilAskedToStop();
    const gateway = await start(commandLine);
    await stopped;
    await gateway.stop();
    return 0;
  } catch (error) {
    const { message } = error as Error;
    process.stderr.write(`local-gateway: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
    return 1;
  }
}

async function start({
  policies,
  description: file,
  port,
  identity,
  verbose,
}: CommandLine): Promise<LocalGateway> {
  const isFolder = await stat(policies).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new Error(`--policies: there is no folder "${policies}"`);
  const description = await readDescriptionFile(file);
  const gateway = await startGateway({
    description,
    policiesFolder: policies,
    port: port ?? (Number(new URL(description.origin).port) || DEFAULT_PORT),
    ...(identity ? { identity } : {}),
    log: (line) => {
      if (verbose || line.level !== "debug") process.stdout.write(`${terminalLine(line, new Date())}\n`);
    },
  });
  process.stdout.write(`The gateway listens on ${gateway.url}. Ctrl-C ends it.\n`);
  return gateway;
}

/** A second signal ends the process as it would have without us. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
