import type { Terminal } from "./terminal.ts";

/** What a program is started with: a home folder of its own, in which it has never run. */
export interface Surroundings {
  /** Absolute; also the folder that it is started in. */
  readonly home: string;
  readonly mcpUrl: string;
  /** Base URL of the stand-in for its language model. */
  readonly modelUrl: string;
  /**
   * Runs one of the installed commands to its end.
   *
   * @returns all that it wrote
   */
  run(command: string, args: readonly string[]): Promise<string>;
  /** Starts one of the installed commands in a terminal. */
  terminal(command: string, args: readonly string[]): Terminal;
}

/** An MCP client that people install. */
export interface Program {
  readonly name: string;
  /** Its npm package. */
  readonly package: string;
  /** Files that it is configured with, by path from its home folder. */
  files(surroundings: Pick<Surroundings, "mcpUrl" | "modelUrl">): Readonly<Record<string, string>>;
  /** Environment variables besides the usual ones. */
  environment(surroundings: Pick<Surroundings, "modelUrl">): Readonly<Record<string, string>>;
  /** Has it sign in; resolves when it says that it has. The browser that it opens belongs to the caller. */
  signIn(surroundings: Surroundings): Promise<void>;
  /** Has it ask its model for something, which calls a tool; resolves when it is done. @returns what it wrote */
  prompt(surroundings: Surroundings): Promise<string>;
}
