import { setTimeout as sleep } from "node:timers/promises";
import type { LogLine } from "../../twin/component.ts";
import type { Twin } from "../../twin/twin.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { formOf } from "../support/page.ts";
import { arrivedAtPage, Person } from "../support/person.ts";
import type { LanguageModel } from "./language-model.ts";
import type { Program } from "./program.ts";
import { type Installation, prepareComputer } from "./scratch.ts";

const USER = "Mira Okafor";

/** What was seen of one program. */
export interface Trial {
  readonly program: Program;
  readonly version: string;
  /** `document` and its URL, or `registration`. */
  readonly identifies: string;
  readonly redirectUri: string;
  readonly calls: boolean;
  /** After the end of its access token. */
  readonly refreshes: boolean;
  readonly afterRevocation: "signs in again" | "asks to sign in";
  /** Whether it calls once it has signed in again. */
  readonly recovers: boolean;
}

export interface TrialOptions {
  readonly twin: Twin;
  /** All that the twin has logged so far. */
  readonly logs: readonly LogLine[];
  readonly model: LanguageModel;
  readonly installation: Installation;
  readonly say: (text: string) => void;
}

/**
 * Has a program sign in, call a tool, refresh, and lose its session.
 *
 * @throws Error where it does not come so far
 */
export async function tryProgram(program: Program, options: TrialOptions): Promise<Trial> {
  const { twin, logs, model, installation, say } = options;
  const opened: URL[] = [];
  const mcpUrl = twin.resolved.servers[0]?.resource ?? "";
  const computer = await prepareComputer(
    program,
    installation,
    { mcpUrl, modelUrl: model.url },
    async (url) => {
      opened.push(url);
      await arriveAt(await new Person(twin).allow(url.href, USER));
    },
  );
  const calls = async () => {
    model.callTool("whoami");
    const output = await program.prompt(computer);
    computer.rethrow();
    const called = model.toolResults.some((result) => result.includes(USER));
    if (!called) say(`${program.name} wrote:\n${output.slice(-2000)}`);
    return called;
  };
  const refreshed = () => logs.filter(({ message }) => message.includes('"event":"refreshed"')).length;
  try {
    await program.signIn(computer);
    computer.rethrow();
    const [request] = opened;
    if (!request) throw new Error(`${program.name} opened no browser`);
    say(`${program.name} is signed in`);
    const firstCall = await calls();

    await sleep(twin.resolved.lifetimes.accessToken * 1000);
    const [refreshedBefore, openedBefore] = [refreshed(), opened.length];
    const secondCall = await calls();
    const refreshes = secondCall && refreshed() > refreshedBefore && opened.length === openedBefore;

    await disconnectEverything(twin);
    const openedAtRevocation = opened.length;
    const thirdCall = await calls();
    const byItself = thirdCall && opened.length > openedAtRevocation;
    if (!byItself) await program.signIn(computer);
    return {
      program,
      version: await installation.version(program),
      identifies: identityOf(request.searchParams.get("client_id") ?? ""),
      redirectUri: request.searchParams.get("redirect_uri") ?? "",
      calls: firstCall,
      refreshes,
      afterRevocation: byItself ? "signs in again" : "asks to sign in",
      recovers: byItself || (await calls()),
    };
  } finally {
    await computer.close();
  }
}

function identityOf(clientId: string): string {
  return clientId.startsWith("https://") ? `document ${clientId}` : "registration";
}

/** The person ends all their sessions on the account page. */
async function disconnectEverything(twin: Twin): Promise<void> {
  const person = new Person(twin);
  const entra = arrivedAtPage(await person.open(`${twin.origin}/account`));
  let page = arrivedAtPage(await person.press(entra, USER));
  while (page.html.includes('action="/account/revoke"')) {
    page = arrivedAtPage(await person.send(page, formOf(page), formOf(page).fields));
  }
}
