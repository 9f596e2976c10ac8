import { arriveAt } from "./arrive-at.ts";
import { Person } from "./person.ts";
import type { TestTwin } from "./twin.ts";

/** What a program came to at the server of `examples/tool-rules.config.ts`, in a word for each case. */
export interface Outcome {
  readonly tools: readonly string[];
  /** At a tool without a rule. */
  readonly allowed: string;
  /** At a tool that needs an optional scope, signed in without it. */
  readonly missingScope: string;
  /** At a tool that needs a role. */
  readonly missingRole: string;
  /** At a batch with the first and the last of these. */
  readonly batch: string;
  /** When it is made to send `Mcp-Name` of another tool than it calls. */
  readonly mismatch: string;
}

/** Uses the tools of the sample server as a user. */
export type Use = (twin: TestTwin, user: string) => Promise<Outcome>;

export const ALLOWED = "whoami";
export const NEEDS_SCOPE = "describe_access";
export const NEEDS_ROLE = "get_graph_user_details";
/** A header field that a program is told to add. */
export const WRONG_NAME = { name: "Mcp-Name", value: ALLOWED } as const;

/** Refreshes, which cannot bring another scope (RFC 6749 §6), and does not ask the person. */
export const GAVE_UP = "refreshed, and gave up";
/** Comes to the same as without another name, because its own replaces it. */
export const KEEPS_ITS_OWN = "used";
export const SENDS_NONE = "sends none";

/** @param text what a program shows of a refusal */
export function reasonOf(text: string): string {
  if (/needs the role or group Directory administrator/.test(text)) return "told the role";
  if (/Header mismatch: Mcp-(Name|Method)/.test(text)) return "told the mismatch";
  if (/AUTHORIZED without authorization code/.test(text)) return GAVE_UP;
  if (/Authorization required for graph/.test(text)) return "wants a sign-in";
  return /'get_graph_user_details' not found on server/.test(text) ? "not in the list" : text;
}

/** @returns the scopes that an authorization request asks for, without the one of MCP clients for a refresh token */
export function scopesIn(url: URL): string {
  return (url.searchParams.get("scope") ?? "").replace(" offline_access", "");
}

/** A person who allows everything, and what they were asked for. */
export function allowingPerson(twin: TestTwin, user: string) {
  const asked: string[] = [];
  const openBrowser = async (url: URL) => {
    asked.push(scopesIn(url));
    await arriveAt(await new Person(twin).allow(url.href, user));
  };
  return { asked, openBrowser };
}
