import type { Terminal } from "./terminal.ts";

/** What a program is started with: its own home folder, in which it has never run. */
export interface Surroundings {
  /** Absolute; also the folder that the program is started in. */
  readonly home: string;
  readonly mcpUrl: string;
  /** Base URL of the stand-in for its language model. */
  readonly modelUrl: string;
  /**
   * Runs one of the installed commands to its end.
   *
   * @returns all that it wrote
   */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** Starts one of the installed commands in a terminal. */
  terminal(command: string, ...args: readonly string[]): Terminal;
  /**
   * Waits until the MCP server has answered the program's next request.
   *
   * @throws Error when no request comes
   */
  connected(): Promise<void>;
  /**
   * Waits until the model has said its last word.
   *
   * @throws Error when the program does not ask it
   */
  modelAnswered(): Promise<void>;
}

/** An MCP client that people install. It knows the MCP server as `graph`. */
export interface Program {
  readonly name: string;
  /** Its npm package. */
  readonly package: string;
  /** How a person signs out, as docs/clients.md says it. */
  readonly out: string;
  /** How a person signs in again, as docs/clients.md says it. */
  readonly again: string;
  /** Files that it is configured with, by path from its home folder. */
  files(surroundings: Pick<Surroundings, "mcpUrl" | "modelUrl">): Readonly<Record<string, string>>;
  /** Environment variables that it needs in addition to the usual ones. */
  environment(surroundings: Pick<Surroundings, "modelUrl">): Readonly<Record<string, string>>;
  /** Signs in; resolves when the program is signed in. The caller plays the person at the browser. */
  signIn(surroundings: Surroundings): Promise<unknown>;
  /** Signs out, where the program has a command for it. */
  signOut?(surroundings: Surroundings): Promise<unknown>;
  /** Asks the program's model for something, which calls a tool. @returns what the program wrote */
  prompt(surroundings: Surroundings): Promise<string>;
}
