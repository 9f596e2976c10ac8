import { randomUUID } from "node:crypto";
import {
  type Answer,
  type AuthorizationRequest,
  OAuthClient,
  send,
  type Tokens,
  tokensOf,
} from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import type { Attempt, StepName, Testbed } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";

/** Who takes a step, and what its requests can be told by. */
export class Actor {
  readonly testbed: Testbed;
  readonly step: StepName;
  readonly name = `Client ${randomUUID()}`;
  readonly user: string;
  readonly persons: Person[] = [];
  readonly marks: Set<string>;
  #registered: { client: OAuthClient; registration: Readonly<Record<string, unknown>> } | undefined;

  constructor(testbed: Testbed, step: StepName) {
    this.testbed = testbed;
    this.step = step;
    this.user = testbed.nextUser();
    const oid =
      testbed.twin.tenant.users.find(({ displayName }) => displayName === this.user)?.oid ?? this.user;
    this.marks = new Set([this.name, oid]);
  }

  get gateway(): string {
    return this.testbed.twin.origin;
  }

  get client(): OAuthClient {
    return this.#known.client;
  }

  /** What the registration was answered with. */
  get registration(): Readonly<Record<string, unknown>> {
    return this.#known.registration;
  }

  get #known() {
    if (!this.#registered) throw new Error(`${this.step}: the client has not registered`);
    return this.#registered;
  }

  get metadata() {
    return {
      client_name: this.name,
      redirect_uris: ["http://localhost:9999/callback"],
      grant_types: ["authorization_code", "refresh_token"],
    };
  }

  /** Takes up what a registration was answered with. */
  registered(registration: Readonly<Record<string, unknown>>): void {
    const client = new OAuthClient(this.gateway, String(registration["client_id"]));
    this.#registered = { client, registration };
    this.marks.add(client.id);
  }

  postRegistration(): Promise<Answer> {
    return send(`${this.gateway}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.metadata),
    });
  }

  async register(): Promise<void> {
    const answer = await this.postRegistration();
    if (answer.status !== 201) throw new Error(`/register answered ${answer.status}`);
    this.registered(answer.json);
  }

  /** Asks the client's own registration for something. */
  manage(method: string, changes?: object): Promise<Answer> {
    return send(String(this.registration["registration_client_uri"]), {
      method,
      headers: {
        authorization: `Bearer ${this.registration["registration_access_token"]}`,
        ...(changes && { "content-type": "application/json" }),
      },
      ...(changes && { body: JSON.stringify({ client_id: this.client.id, ...this.metadata, ...changes }) }),
    });
  }

  person(): Person {
    const person = new Person({ origin: this.gateway, entra: { url: this.testbed.entraUrl } });
    this.persons.push(person);
    return person;
  }

  authorizationRequest(): AuthorizationRequest {
    return this.client.authorizationRequest({ resource: [...this.testbed.servers] });
  }

  /** From the browser to the code, with everything up. */
  async authorize(): Promise<{ request: AuthorizationRequest; code: string }> {
    const request = this.authorizationRequest();
    const code = this.client.code(await this.person().allow(request.url, this.user));
    this.marks.add(sessionOf(code));
    return { request, code };
  }

  async signIn(): Promise<Tokens> {
    const { request, code } = await this.authorize();
    return tokensOf(await this.redeem(request, code));
  }

  redeem(request: AuthorizationRequest, code: string): Promise<Answer> {
    return this.client.redeem(request, code, { resource: this.testbed.servers[0] });
  }

  call(accessToken: string, server: 0 | 1 = 0): Promise<Answer> {
    return this.client.callTool(this.testbed.servers[server], accessToken, "anything");
  }

  /** The sessions that this client could still use. */
  async sessions(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const stored = await this.testbed.twin.cosmos.documents();
    return stored
      .filter(({ container }) => container === "sessions")
      .map(({ document }) => document)
      .filter(({ client }) => (client as { id: string }).id === this.client.id)
      .filter(({ revoked }) => revoked === undefined);
  }

  attempt(
    take: () => Promise<Outcome>,
    check: () => Promise<void>,
    takeAgain: () => Promise<Outcome> = take,
  ): Attempt {
    return {
      step: this.step,
      secrets: () => [
        ...(this.#registered?.client.secrets ?? []),
        String(this.#registered?.registration["registration_access_token"] ?? ""),
        ...this.persons.flatMap(({ secrets }) => secrets),
      ],
      owns: ({ path, headers, body }) => {
        const texts = [path, body, decodeURIComponent(String(headers["x-anchormailbox"] ?? ""))];
        return [...this.marks].some((mark) => texts.some((text) => text.includes(mark)));
      },
      take,
      takeAgain,
      check,
    };
  }

  /** That tokens work: a call, and a refresh with all that it gives. */
  async checkTokens(tokens: Tokens, server: 0 | 1 = 0): Promise<void> {
    demand(await this.call(tokens.accessToken, server), 200, "a call with the access token");
    const resource = this.testbed.servers[server];
    const refreshed = await this.client.refresh(tokens.refreshToken, { resource });
    demand(refreshed, 200, "a refresh with the refresh token");
    demand(await this.call(tokensOf(refreshed).accessToken, server), 200, "a call with the refreshed token");
  }

  /** That the client has this many sessions that it could use, and no more. */
  async checkSessions(most: number): Promise<void> {
    const { length } = await this.sessions();
    if (length !== most)
      throw new Error(`${this.step}: the client has ${length} sessions instead of ${most}`);
  }
}

/** A code names its session: `ac.<user>.<session>.<secret>`. */
function sessionOf(code: string): string {
  return code.split(".")[2] ?? code;
}

/** @throws Error when the answer is another */
export function demand({ status, json, text }: Answer, expected: number, what: string, error?: string): void {
  if (status !== expected || (error !== undefined && json["error"] !== error)) {
    throw new Error(
      `${what} answered ${status} ${status === 200 ? "" : text}, not ${expected} ${error ?? ""}`,
    );
  }
}
