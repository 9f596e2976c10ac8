import { setTimeout as sleep } from "node:timers/promises";
import type { LogLine } from "../../twin/component.ts";
import type { Twin } from "../../twin/twin.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { Person } from "../support/person.ts";
import type { LanguageModel } from "./language-model.ts";
import type { Program, Surroundings } from "./program.ts";
import { type Computer, type Installation, prepareComputer } from "./scratch.ts";

export const USER = "Mira Okafor";
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 200;
/** A program stores its tokens before or just after it first uses them. */
const STORE_MS = 2_000;
/** Programs talk to the model while they still connect, so a person who gets no answer asks again. */
const ASK_TIMES = 2;
/** What only an answer of the tool has in it. */
const ANSWERS = { whoami: USER, describe_access: "grantedScopes" } as const;

export type Tool = keyof typeof ANSWERS;

/** What came of asking a program to call a tool. */
export interface Attempt {
  readonly called: boolean;
  /** Whether the program opened the browser for it. */
  readonly opened: boolean;
  readonly refreshed: boolean;
}

export interface SessionOptions {
  readonly twin: Twin;
  /** All that the twin has logged so far. */
  readonly logs: readonly LogLine[];
  readonly model: LanguageModel;
  readonly installation: Installation;
}

/** A program on its own computer, with a person who allows whatever the program opens the browser for. */
export interface Session {
  /** The authorization requests so far. */
  readonly opened: readonly URL[];
  signIn(): Promise<void>;
  /** @throws Error where the program has no command for it */
  signOut(): Promise<void>;
  /** Has the program's model call a tool of the MCP server. */
  attempt(tool: Tool): Promise<Attempt>;
  /** @returns how many lines of the twin's log have this text in them */
  logged(text: string): number;
  close(): Promise<void>;
}

/** Starts a session: the program has its configuration, and has never run. */
export async function openSession(program: Program, options: SessionOptions): Promise<Session> {
  const { twin, logs, model, installation } = options;
  const opened: URL[] = [];
  const mcpUrl = twin.resolved.servers[0]?.resource ?? "";
  const computer: Computer = await prepareComputer(
    program,
    installation,
    { mcpUrl, modelUrl: model.url },
    async (url) => {
      opened.push(url);
      await arriveAt(await new Person(twin).allow(url.href, USER));
    },
  );
  const logged = (text: string) => logs.filter(({ message }) => message.includes(text)).length;
  const answered = () => logged(`"method":"POST","path":"${new URL(mcpUrl).pathname}","status":200`);

  /** Waits until a number has grown. */
  const growth = (what: string, count: () => number) => {
    const before = count();
    return async () => {
      const patience = AbortSignal.timeout(PATIENCE_MS);
      while (count() === before) {
        if (patience.aborted) throw new Error(`${program.name} ${what}`);
        await sleep(LOOK_EVERY_MS);
      }
      await sleep(STORE_MS);
    };
  };
  const surroundings = (): Surroundings => ({
    ...computer,
    connected: growth("does not connect", answered),
    modelAnswered: growth("does not get to its model's last word", () => model.ended),
  });

  return {
    opened,
    logged,
    async signIn() {
      await program.signIn(surroundings());
      computer.rethrow();
    },
    async signOut() {
      if (!program.signOut) throw new Error(`${program.name} has no command to sign out`);
      await program.signOut(surroundings());
    },
    async attempt(tool) {
      const before = [opened.length, logged('"event":"refreshed"')];
      const called = () => model.toolResults.some((result) => result.includes(ANSWERS[tool]));
      model.callTool(tool);
      for (let ask = 0; ask < ASK_TIMES && !called(); ask++) await program.prompt(surroundings());
      computer.rethrow();
      return {
        called: called(),
        opened: opened.length !== before[0],
        refreshed: logged('"event":"refreshed"') !== before[1],
      };
    },
    close: () => computer.close(),
  };
}
