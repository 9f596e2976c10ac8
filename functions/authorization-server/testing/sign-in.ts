import type { GatewayConfigInput } from "../../../config/schema.ts";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";
import { SAME_ORIGIN, TestBrowser, tickedOn } from "./browser.ts";
import { makeCall } from "./calls.ts";
import { makeDependencies } from "./dependencies.ts";
import { ISSUER } from "./gateway.ts";
import { GRANT, REDIRECT_URI, type Sessions } from "./sessions.ts";
import { TestUpstream } from "./upstream.ts";

// What the tests of a sign-in share: the endpoints that a person's browser walks through, with Entra's side played by the test.

/** What a browser meets. A test may change it between two requests. */
export interface TestApp {
  dependencies: Dependencies;
  /** The client that sends people here. */
  clientId: string;
  /** The `state` in each of its requests. */
  readonly state?: string;
}

/** An app with a client that registered itself, and an Entra that lets everybody in. */
export async function withRegisteredClient(sessions: Sessions): Promise<TestApp> {
  const { dependencies } = withConfiguredClient(sessions);
  const clientId = await registeredId(dependencies, REDIRECT_URI);
  sessions.store.operations();
  return { dependencies, clientId, state: "s" };
}

/**
 * An app with a client that the operator entered, whose requests have no `state`, and an Entra that lets everybody in.
 *
 * @param config replaces members of the configuration
 */
export function withConfiguredClient(sessions: Sessions, config: Partial<GatewayConfigInput> = {}): TestApp {
  Object.assign(sessions.upstream, new TestUpstream(sessions.clock.now));
  return { dependencies: makeDependencies(sessions, {}, config), clientId: GRANT.client.id };
}

/** From now on no MCP server is configured. */
export function removeServers(app: TestApp): void {
  const { dependencies } = app;
  app.dependencies = { ...dependencies, gateway: { ...dependencies.gateway, servers: [] } };
}

/** Posts metadata of a client to `/register`. */
export async function register(dependencies: Dependencies, body: object) {
  const request = new Request(`${ISSUER}/register`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const response = await endpoints(dependencies).register(request, makeCall());
  const answer = (await response.json()) as Readonly<Record<string, string>>;
  return { status: response.status, noStore: response.headers.get("cache-control"), body: answer };
}

/** Registers a client by the name of Client. @returns its ID */
export async function registeredId(dependencies: Dependencies, redirectUri: string): Promise<string> {
  const { body } = await register(dependencies, { redirect_uris: [redirectUri], client_name: "Client" });
  return body["client_id"] ?? "";
}

/** How many sessions are stored. */
export async function sessionsStored(sessions: Sessions): Promise<number> {
  return (await sessions.store.documents()).filter(({ container }) => container === "sessions").length;
}

/** A browser that signs in with the app's client. */
export class Browser extends TestBrowser {
  readonly #app: TestApp;

  constructor(app: TestApp) {
    super(app);
    this.#app = app;
  }

  async send(name: "authorize" | "consent" | "callback" | "token", path: string, init: RequestInit = {}) {
    return read(await this.exchange(name, path, init));
  }

  /** @param changes to a good request; what is undefined or empty is left out */
  authorize(
    changes: Readonly<Record<string, string | undefined>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    const good: Record<string, string | undefined> = {
      response_type: "code",
      client_id: this.#app.clientId,
      redirect_uri: REDIRECT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
      state: this.#app.state,
      ...changes,
    };
    const query = new URLSearchParams(
      Object.entries(good).filter((each): each is [string, string] => Boolean(each[1])),
    );
    return this.send("authorize", `/authorize?${query}`, { headers });
  }

  /**
   * Decides on a consent page that it was shown.
   *
   * @param ticked the boxes; as the page has them when left out
   */
  decide(
    page: string,
    decision: string,
    headers: Readonly<Record<string, string>> = SAME_ORIGIN,
    more: Readonly<Record<string, string>> = {},
    ticked: readonly string[] = tickedOn(page),
  ) {
    const transaction = /name="transaction" value="([^"]+)"/.exec(page)?.[1] ?? "";
    const body = new URLSearchParams({ transaction, decision, ...more });
    for (const scope of ticked) body.append("scope", scope);
    return this.send("consent", "/consent", { method: "POST", body, headers });
  }

  /** Goes through consent, up to Entra. Gives Entra's state. */
  async approve(changes?: Readonly<Record<string, string>>): Promise<string> {
    const { text } = await this.authorize(changes);
    const { location } = await this.decide(text, "allow");
    return location?.searchParams.get("state") ?? "";
  }

  /** @param answer Entra's, with its `state` */
  async comeBack(answer: Readonly<Record<string, string>>) {
    return read(await this.bringAnswer(answer));
  }
}

function read({ location, ...answer }: Awaited<ReturnType<TestBrowser["exchange"]>>) {
  const url = location === undefined ? undefined : new URL(location);
  return {
    ...answer,
    location: url,
    query: Object.fromEntries(url?.searchParams ?? []),
    reasons: answer.lines.map(({ fields }) => fields["reason"]),
  };
}
