import { setTimeout as sleep } from "node:timers/promises";
import type { Twin } from "../../twin/twin.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import type { Program } from "./program.ts";
import { type Session, USER } from "./session.ts";

const OPTIONAL_SCOPE = "mcp.diagnostics";

/** What a step plays with. */
export interface Setup {
  readonly program: Program;
  readonly session: Session;
  readonly twin: Twin;
}

/** Plays something with a program. @returns what the program did, in the words of docs/clients.md; bold where it fails */
export type Step = (setup: Setup) => Promise<string>;

/** @throws Error when the program does not sign in and call: then nothing else can be played */
export async function signInAndCall({ session }: Setup): Promise<void> {
  await session.signIn();
  if (session.opened.length === 0) throw new Error("it opened no browser");
  const { called } = await session.attempt("whoami");
  if (!called) throw new Error("it signed in, and did not call");
}

export const atTokenEnd: Step = async ({ session, twin }) => {
  await sleep(twin.resolved.lifetimes.accessToken * 1000);
  const { called, opened, refreshed } = await session.attempt("whoami");
  if (!called) return "**fails**";
  if (opened) return "opens the browser";
  return refreshed ? "refreshes" : "**calls without a refresh**";
};

export const afterRevocation: Step = async ({ session, twin }) => {
  await disconnectEverything(twin);
  const { called, opened } = await session.attempt("whoami");
  if (called) return opened ? "opens the browser" : "**goes on**";
  await session.signIn();
  if (!(await session.attempt("whoami")).called) return "**fails**";
  return "the call fails until a new sign-in";
};

export const atMissingScope: Step = async ({ program, session }) => {
  const asked = session.opened.at(-1)?.searchParams.get("scope")?.split(" ");
  if (asked?.includes(OPTIONAL_SCOPE)) return "does not happen: asks for every scope first";
  const { called, opened } = await session.attempt("describe_access");
  if (opened) return called ? "opens the browser" : "opens the browser; **the call fails**";
  if (called) return "**calls without the scope**";
  const others = (await session.attempt("whoami")).called;
  if (program.signOut) await session.signOut();
  await session.signIn();
  const helps = (await session.attempt("describe_access")).called;
  return [
    others ? "the call fails" : "**every call fails**",
    helps ? "a new sign-in gets the scope" : "a new sign-in does not ask for the scope",
  ].join("; ");
};

export const signingOut: Step = async ({ program, session }) => {
  if (!program.signOut) return program.out;
  const revocations = session.logged('"event":"revoked"');
  await session.signOut();
  const { called, opened } = await session.attempt("whoami");
  if (called && !opened) return `${program.out} **does not sign out**`;
  if (!opened) await session.signIn();
  if (!(await session.attempt("whoami")).called) return `${program.out} **ends it for good**`;
  return `${program.out}${session.logged('"event":"revoked"') > revocations ? ", which revokes" : ""}`;
};

/**
 * The person ends all their sessions on the account page.
 *
 * @throws Error when the page lists none
 */
async function disconnectEverything(twin: Twin): Promise<void> {
  const person = new Person(twin);
  const entra = arrivedAtPage(await person.open(`${twin.origin}/account`));
  let page = arrivedAtPage(await person.press(entra, USER));
  const firstForm = () => page.html.indexOf('<form method="post" action="/account/revoke"');
  if (firstForm() < 0) throw new Error("the account page lists no application");
  while (firstForm() >= 0) {
    page = arrivedAtPage(await person.press({ ...page, html: page.html.slice(firstForm()) }, ""));
  }
}
