import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ProfileOfPlaces } from "./servers/profiler.ts";
import type { Answer, Question, Usage } from "./servers/report.ts";

/** A server in its own process. */
export interface Measured {
  /** Without a slash at the end. */
  readonly origin: string;
  usage(collectGarbage?: boolean): Promise<Usage>;
  stop(): Promise<void>;
}

export interface ServerProcess extends Measured {
  /** Where its time goes while the work is done. */
  profile(work: () => Promise<void>): Promise<ProfileOfPlaces>;
}

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

const START_TIMEOUT_MS = 30_000;

/**
 * @param program a file in servers/
 * @param port where it listens
 * @param settings the whole environment that it sees
 * @throws Error when it ends before it listens
 */
export async function startServer(
  program: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = fork(join(import.meta.dirname, "servers", program), {
    env: { ...settings, PORT: String(port), NODE_ENV: "production" },
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await ready(child, program);
  let last = 0;
  const ask = (question: WithoutId<Question>): Promise<Answer> => {
    last += 1;
    const id = last;
    return new Promise((resolve) => {
      const take = (answer: Answer) => {
        if (answer.id !== id) return;
        child.off("message", take);
        resolve(answer);
      };
      child.on("message", take);
      child.send({ ...question, id });
    });
  };
  return {
    origin: `http://localhost:${port}`,
    async usage(collectGarbage = false) {
      const { usage } = await ask({ type: "usage", collectGarbage });
      if (!usage) throw new Error(`${program} did not say what it used`);
      return usage;
    },
    async profile(work) {
      await ask({ type: "profile-start" });
      await work();
      return (await ask({ type: "profile-stop" })).profile ?? {};
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function ready(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program}: not ready after ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    child.once("message", () => {
      clearTimeout(timeout);
      resolve();
    });
    child.once("exit", (code) => {
      clearTimeout(timeout);
      reject(new Error(`${program}: ended with exit code ${code}`));
    });
  });
}
