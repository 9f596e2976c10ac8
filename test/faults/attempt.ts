import type { PassingRequest } from "../support/fault-proxy.ts";
import type { TestTwin } from "../support/twin.ts";
import type { Outcome } from "./outcome.ts";

/** The steps of the flow, in their order. */
export const STEPS = [
  "documents",
  "register",
  "authorize",
  "consent",
  "entra-answer",
  "callback",
  "token",
  "call, not cached",
  "call, cached",
  "refresh",
  "token for a second server",
  "revoke",
  "introspect",
  "read registration",
  "update registration",
  "delete registration",
] as const;
export type StepName = (typeof STEPS)[number];

/** Where steps are taken. */
export interface Testbed {
  readonly twin: TestTwin;
  /** Where a browser finds Entra. */
  readonly entraUrl: string;
  /** URLs of the two MCP servers. */
  readonly servers: readonly [string, string];
  /** `Authorization` of the first server's own program. */
  readonly introspection: string;
  /** Display name of a person whom nobody else signs in as at the same time. */
  nextUser(): string;
}

/** A step about to be taken, for the first time or again, by a client and a person of its own. */
export interface Attempt {
  readonly step: StepName;
  /** Every secret that the client and its people held so far. */
  secrets(): readonly string[];
  /** Whether a request of the authorization server's, or to it, belongs to this attempt. */
  owns(request: PassingRequest): boolean;
  /**
   * Takes the step.
   *
   * @returns what came of it, in the words of the tables; and whether that is what whoever took it wanted
   */
  take(): Promise<Outcome>;
  /**
   * Does what the answer allows: the very same request again. A person on a page where a sign-in should have ended reloads it;
   * one who is back at the client, or whom that does not help, signs in anew.
   */
  takeAgain(): Promise<Outcome>;
  /**
   * Checks, when everything works again, that nothing was lost and nothing is there twice.
   *
   * @throws Error, or what `expect` throws
   */
  check(): Promise<void>;
}
