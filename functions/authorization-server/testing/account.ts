import type { Dependencies } from "../dependencies.ts";
import { type RouteName, routes } from "../routes.ts";
import { beginSession } from "../sessions/begin.ts";
import { userKey } from "../sessions/user-key.ts";
import { StoreError } from "../store/documents.ts";
import type { SignedInPerson } from "../upstream/page-sign-in.ts";
import { SAME_ORIGIN, TestBrowser } from "./browser.ts";
import { makeDependencies } from "./dependencies.ts";
import { ISSUER } from "./gateway.ts";
import { TestPageSignIn } from "./page-sign-in.ts";
import { ENTRA_TOKENS, GRANT, redeem, type Sessions, startSessions } from "./sessions.ts";

/** The endpoints of the account page over a store of their own, with Entra's side played by the test. */
export async function startAccount(): Promise<AccountApp> {
  return new AccountApp(await startSessions());
}

let people = 0;

export class AccountApp {
  readonly sessions: Sessions;
  pageSignIn = new TestPageSignIn();
  dependencies: Dependencies;
  /** These three nobody else knows, and have nothing connected. */
  mira = somebody("Mira");
  tess = somebody("Tess");
  operator = somebody("Olu", ["Gateway.Operator"]);

  constructor(sessions: Sessions) {
    this.sessions = sessions;
    this.dependencies = { ...makeDependencies(sessions), pageSignIn: this.pageSignIn };
  }

  /** Before each test: other people, and what a test replaced as it was. */
  reset(): void {
    this.pageSignIn = new TestPageSignIn();
    this.dependencies = { ...makeDependencies(this.sessions), pageSignIn: this.pageSignIn };
    [this.mira, this.tess] = [somebody("Mira"), somebody("Tess")];
    this.operator = somebody("Olu", ["Gateway.Operator"]);
    this.sessions.store.operations();
  }

  stop(): Promise<void> {
    return this.sessions.stop();
  }

  browser(): AccountBrowser {
    return new AccountBrowser(this);
  }

  /** Somebody allows a client, which redeems its code. */
  async connect(person: SignedInPerson, changes: Partial<typeof GRANT> = {}): Promise<string> {
    const context = this.dependencies.sessions;
    const { code, session } = await beginSession(context, { ...GRANT, ...changes }, person, ENTRA_TOKENS);
    await redeem(context, code, changes.client ? { clientId: changes.client.id } : {});
    return session;
  }

  async isRevoked(session: string): Promise<boolean> {
    return (await this.sessions.stored(session)).revoked !== undefined;
  }
}

/** A browser on the account page. */
export class AccountBrowser extends TestBrowser {
  readonly #account: AccountApp;

  constructor(account: AccountApp) {
    super(account);
    this.#account = account;
  }

  send(name: RouteName, query = "", init: RequestInit = {}) {
    const { method, path } = routes[name];
    return this.exchange(name, `${path}${query}`, { method, ...init });
  }

  open(query = "", headers: Readonly<Record<string, string>> = {}) {
    return this.send("account", query, { headers });
  }

  /** Opens the page, and comes back from Entra. */
  async signIn(person: SignedInPerson, query = "") {
    const { location } = await this.open(query);
    this.#account.pageSignIn.person = person;
    return this.comeBack({ state: stateOf(location), code: "code" });
  }

  /** @param answer Entra's, with its `state` */
  comeBack(answer: Readonly<Record<string, string>>) {
    return this.bringAnswer(answer);
  }

  /** Signs in and reads the page. */
  async account(person: SignedInPerson, query = "") {
    await this.signIn(person, query);
    return this.open(query);
  }

  /** Sends the page's form. */
  async revoke(
    choice: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = SAME_ORIGIN,
  ) {
    const { text } = await this.open();
    const body = new URLSearchParams({ form_token: formTokenOf(text), ...choice });
    return this.send("account-revoke", "", { body, headers });
  }
}

function somebody(name: string, roles: readonly string[] = []): SignedInPerson {
  const objectId = `00000000-0000-4000-8000-${String(people++).padStart(12, "0")}`;
  return { objectId, tenantId: "tenant", name, roles };
}

/** @returns how the store names a person */
export function userOf({ tenantId, objectId }: SignedInPerson): string {
  return userKey(ISSUER, tenantId, objectId);
}

/** @returns the state in a URL of Entra's */
export function stateOf(location: string | undefined): string {
  return new URL(location ?? "").searchParams.get("state") ?? "";
}

/** @returns the token in a page's forms */
export function formTokenOf(text: string): string {
  return /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? "";
}

/** What every operation of a store gives that is out. */
export function outage(): Promise<never> {
  return Promise.reject(new StoreError("unavailable", { cause: new Error("timeout") }));
}
