import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import type { Twin } from "../../local/twin.ts";
import type { PassingRequest } from "../support/faulty-door.ts";
import {
  type Answer,
  type AuthorizationRequest,
  OAuthClient,
  send,
  type Tokens,
  tokensOf,
} from "../support/oauth-client.ts";
import { formOf, type Page } from "../support/page.ts";
import { type Arrival, arrivedAtPage, Person } from "../support/person.ts";

/** The steps of the flow, in their order. */
export const STEPS = [
  "documents",
  "register",
  "authorize",
  "consent",
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
export interface Stage {
  readonly twin: Twin;
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

export interface Outcome {
  readonly text: string;
  readonly good: boolean;
}

const good = (text: string): Outcome => ({ text, good: true });
const bad = (text: string): Outcome => ({ text, good: false });

/** Makes an attempt at a step, with everything up. */
export async function prepare(stage: Stage, step: StepName): Promise<Attempt> {
  return preparations[step](new Scene(stage, step));
}

/** Who takes a step, and what its requests can be told by. */
class Scene {
  readonly stage: Stage;
  readonly step: StepName;
  readonly name = `Client ${randomUUID()}`;
  readonly user: string;
  readonly persons: Person[] = [];
  readonly marks: Set<string>;
  #registered: { client: OAuthClient; registration: Readonly<Record<string, unknown>> } | undefined;

  constructor(stage: Stage, step: StepName) {
    this.stage = stage;
    this.step = step;
    this.user = stage.nextUser();
    const oid =
      stage.twin.tenant.users.find(({ displayName }) => displayName === this.user)?.oid ?? this.user;
    this.marks = new Set([this.name, oid]);
  }

  get gateway(): string {
    return this.stage.twin.origin;
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
    const person = new Person({ origin: this.gateway, entra: { url: this.stage.entraUrl } });
    this.persons.push(person);
    return person;
  }

  authorizationRequest(): AuthorizationRequest {
    return this.client.authorizationRequest({ resource: [...this.stage.servers] });
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
    return this.client.redeem(request, code, { resource: this.stage.servers[0] });
  }

  call(accessToken: string, server: 0 | 1 = 0): Promise<Answer> {
    return this.client.callTool(this.stage.servers[server], accessToken, "anything");
  }

  /** The sessions that this client could still use. */
  async sessions(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const stored = await this.stage.twin.cosmos.documents();
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
    const resource = this.stage.servers[server];
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

const preparations: Readonly<Record<StepName, (scene: Scene) => Promise<Attempt>>> = {
  async documents(scene) {
    await scene.register();
    const paths = ["oauth-protected-resource/mcp", "oauth-authorization-server", "openid-configuration"];
    return scene.attempt(
      async () => {
        const urls = [...paths.map((path) => `/.well-known/${path}`), "/jwks"];
        const outcomes = await Promise.all(
          urls.map(async (path) => ofClient(await send(`${scene.gateway}${path}`))),
        );
        const texts = new Set(outcomes.map(({ text }) => text));
        return { text: [...texts].join(" and "), good: outcomes.every((outcome) => outcome.good) };
      },
      async () => undefined,
    );
  },

  async register(scene) {
    let client: OAuthClient | undefined;
    return scene.attempt(
      async () => {
        const answer = await scene.postRegistration();
        if (answer.status === 201) {
          scene.registered(answer.json);
          client = scene.client;
        }
        return ofClient(answer, 201);
      },
      async () => {
        if (!client) throw new Error("register: never answered 201");
        await scene.signIn();
        demand(await scene.manage("GET"), 200, "reading the registration");
      },
    );
  },

  async authorize(scene) {
    await scene.register();
    const { url } = scene.authorizationRequest();
    const person = scene.person();
    return scene.attempt(
      async () => ofPerson(await person.open(url), "Allow"),
      async () => void (await scene.signIn()),
    );
  },

  async consent(scene) {
    await scene.register();
    const person = scene.person();
    const page = await person.openPage(scene.authorizationRequest().url);
    return scene.attempt(
      async () => ofPerson(await person.press(page, "Allow"), scene.user),
      async () => void (await scene.signIn()),
    );
  },

  async callback(scene) {
    await scene.register();
    let request = scene.authorizationRequest();
    const person = scene.person();
    const way = await wayBack(scene, await person.askEntra(request.url));
    let arrived: string | undefined;
    let stranded = false;
    const arrive = (arrival: Arrival) => {
      const outcome = ofPerson(arrival, "");
      stranded = "page" in arrival;
      if ("atClient" in arrival && outcome.good) arrived = arrival.atClient;
      return outcome;
    };
    return scene.attempt(
      async () => arrive(await person.openFrom(scene.stage.entraUrl, way)),
      async () => {
        if (!arrived) throw new Error("callback: no code ever came");
        const redeemed = await scene.redeem(request, scene.client.code(arrived));
        demand(redeemed, 200, "redeeming the code");
        await scene.checkTokens(tokensOf(redeemed));
        const redeemedSessions = (await scene.sessions()).filter(({ refresh }) => refresh !== undefined);
        if (redeemedSessions.length !== 1) throw new Error(`callback: ${redeemedSessions.length} sessions`);
      },
      async () => {
        const reloaded = stranded ? arrive(await person.openFrom(scene.stage.entraUrl, way)) : undefined;
        if (reloaded?.good) return reloaded;
        request = scene.authorizationRequest();
        const anew = arrive(await person.press(await person.askEntra(request.url), scene.user));
        return reloaded ? { ...anew, text: `${reloaded.text}, then ${anew.text}` } : anew;
      },
    );
  },

  async token(scene) {
    await scene.register();
    const { request, code } = await scene.authorize();
    let tokens: Tokens | undefined;
    return scene.attempt(
      async () => {
        const answer = await scene.redeem(request, code);
        if (answer.status === 200) tokens = tokensOf(answer);
        return ofClient(answer);
      },
      async () => {
        if (!tokens) {
          // What nobody got must not be there for anybody either.
          await scene.checkSessions(0);
          return scene.checkTokens(await scene.signIn());
        }
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
        demand(await scene.redeem(request, code), 400, "redeeming the code once more", "invalid_grant");
        await scene.checkSessions(0);
      },
    );
  },

  async "call, not cached"(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    return scene.attempt(
      async () => ofCall(await scene.call(tokens.accessToken)),
      async () => {
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
      },
    );
  },

  async "call, cached"(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    demand(await scene.call(tokens.accessToken), 200, "the first call");
    return scene.attempt(
      async () => ofCall(await scene.call(tokens.accessToken)),
      async () => {
        await scene.checkTokens(tokens);
        await scene.checkSessions(1);
      },
    );
  },

  refresh: (scene) => refreshing(scene, 0),

  "token for a second server": (scene) => refreshing(scene, 1),

  async revoke(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    demand(await scene.call(tokens.accessToken), 200, "the first call");
    return scene.attempt(
      async () => ofClient(await scene.client.revoke(tokens.refreshToken)),
      async () => {
        await scene.checkSessions(0);
        const { refreshToken } = tokens;
        demand(
          await scene.client.refresh(refreshToken),
          400,
          "a refresh after the revocation",
          "invalid_grant",
        );
        demand(await scene.call(tokens.accessToken), 401, "a call after the revocation");
        await scene.signIn();
      },
    );
  },

  async introspect(scene) {
    await scene.register();
    const tokens = await scene.signIn();
    return scene.attempt(
      async () => {
        const answer = await send(`${scene.gateway}/introspect`, {
          method: "POST",
          headers: { authorization: scene.stage.introspection },
          body: new URLSearchParams({ token: tokens.accessToken }),
        });
        // "active: false" would have the server turn away somebody whose session stands.
        if (answer.status === 200 && answer.json["active"] !== true) return bad("200 not active");
        return ofClient(answer);
      },
      () => scene.checkTokens(tokens),
    );
  },

  async "read registration"(scene) {
    await scene.register();
    return scene.attempt(
      async () => ofClient(await scene.manage("GET")),
      async () => void (await scene.signIn()),
    );
  },

  async "update registration"(scene) {
    await scene.register();
    const client_name = `${scene.name}, renamed`;
    return scene.attempt(
      async () => ofClient(await scene.manage("PUT", { client_name })),
      async () => {
        const { json } = await scene.manage("GET");
        if (json["client_name"] !== client_name) throw new Error("update registration: it was not kept");
        await scene.signIn();
      },
    );
  },

  async "delete registration"(scene) {
    await scene.register();
    return scene.attempt(
      async () => ofClient(await scene.manage("DELETE"), 204),
      async () => {
        demand(await scene.manage("GET"), 401, "reading the registration");
        const outcome = ofPerson(await scene.person().open(scene.authorizationRequest().url), "Allow");
        if (outcome.text !== "page 400")
          throw new Error(`delete registration: /authorize gives ${outcome.text}`);
      },
    );
  },
};

async function refreshing(scene: Scene, server: 0 | 1): Promise<Attempt> {
  await scene.register();
  const { refreshToken } = await scene.signIn();
  let tokens: Tokens | undefined;
  const resource = scene.stage.servers[server];
  return scene.attempt(
    async () => {
      const answer = await scene.client.refresh(refreshToken, { resource });
      if (answer.status === 200) tokens = tokensOf(answer);
      return ofClient(answer);
    },
    async () => {
      if (!tokens) throw new Error(`${scene.step}: the session was lost`);
      if (decodeJwt(tokens.accessToken).aud !== resource) throw new Error(`${scene.step}: another audience`);
      await scene.checkTokens(tokens, server);
      await scene.checkSessions(1);
    },
  );
}

/** Signs in at Entra without following the way back. @returns the URL that Entra sends the browser to */
async function wayBack(scene: Scene, page: Page): Promise<string> {
  const { action, fields, buttons } = formOf(page);
  const button = buttons.find(({ label }) => label.includes(scene.user));
  if (!button) throw new Error(`nobody named ${scene.user} at Entra`);
  const body = new URLSearchParams({ ...fields, [button.name]: button.value });
  const { headers } = await send(action.href, { method: "POST", body });
  const location = headers.get("location");
  const code = location && new URL(location).searchParams.get("code");
  if (!location || !code) throw new Error("Entra sent no code");
  scene.marks.add(encodeURIComponent(code)).add(code);
  return location;
}

/** A code names its session: `ac.<user>.<session>.<secret>`. */
function sessionOf(code: string): string {
  return code.split(".")[2] ?? code;
}

/** @throws Error when the answer is another */
function demand({ status, json, text }: Answer, expected: number, what: string, error?: string): void {
  if (status !== expected || (error !== undefined && json["error"] !== error)) {
    throw new Error(
      `${what} answered ${status} ${status === 200 ? "" : text}, not ${expected} ${error ?? ""}`,
    );
  }
}

/** What a client program sees, OAuth's JSON (RFC 6749 §5.2). */
function ofClient(answer: Answer, wanted = 200): Outcome {
  if (answer.status === wanted) return good(String(wanted));
  const error = answer.json["error"] ?? `without an error: ${answer.text}`;
  return bad(`${answer.status} ${error}${manners(answer)}`);
}

/** What an MCP client sees: JSON-RPC. */
function ofCall(answer: Answer): Outcome {
  if (answer.status === 200) return good("200");
  const { code } = (answer.json["error"] ?? {}) as { code?: unknown };
  return bad(`${answer.status} ${code ?? `without a code: ${answer.text}`}${manners(answer)}`);
}

/** @returns what is amiss with an error besides what it says; nothing, if all is well */
function manners({ status, headers, text }: Answer): string {
  const amiss = [
    status === 503 && !(Number(headers.get("retry-after")) > 0) && "no Retry-After",
    headers.get("cache-control") !== "no-store" && "may be cached",
    !headers.get("content-type")?.startsWith("application/json") && "not JSON",
    !headers.get("x-correlation-id") && "no correlation ID",
    tellsInternals(text) && "tells internals",
  ].filter((each) => each !== false);
  return amiss.length === 0 ? "" : ` (${amiss.join(", ")})`;
}

/** What a person sees. @param button that the page has when all is well */
function ofPerson(arrival: Arrival, button: string): Outcome {
  if ("atClient" in arrival) {
    const { searchParams } = new URL(arrival.atClient);
    const error = searchParams.get("error");
    if (searchParams.get("iss") === null || searchParams.get("state") === null) return bad("no iss or state");
    return error === null ? good("code") : bad(`error=${error}`);
  }
  const page = arrivedAtPage(arrival);
  if (page.status === 200 && page.html.includes("<form") && page.html.includes(button)) return good("page");
  const amiss = [
    !page.headers.get("content-type")?.startsWith("text/html") && "not HTML",
    tellsInternals(page.html) && "tells internals",
    page.status >= 500 && !/try again|start again|wait a moment/i.test(page.html) && "says nothing to do",
  ].filter((each) => each !== false);
  return bad(`page ${page.status}${amiss.length === 0 ? "" : ` (${amiss.join(", ")})`}`);
}

function tellsInternals(text: string): boolean {
  return /ECONN|127\.0\.0\.1|hang up|\bat \w+ \(|AADSTS|cosmos/i.test(text);
}
