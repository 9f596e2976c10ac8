import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Endpoint } from "../../platform/endpoint.ts";
import fc from "../../testing/generated-input.ts";
import { hashOf } from "../crypto/secrets.ts";
import { endpoints } from "../endpoints.ts";
import type { SessionDocuments } from "../store/store.ts";
import { formRequest, makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { begin, GRANT, REDIRECT_URI, type Sessions, useSessions, VERIFIER } from "../testing/sessions.ts";
import type { SessionDocument } from "./session-document.ts";

/** Short enough that a few steps of time go past every one of them. */
const LIFETIMES = {
  accessToken: 50,
  authorizationCode: 60,
  refreshToken: 200,
  session: 500,
  refreshReplay: 30,
};

/** A client that is known as well, but did not sign in. */
const ANOTHER_CLIENT = "inspector";

/** What a client asks of one session. `age` says which token: 0 is the last that was given out, 1 the one before. */
type Ask =
  | { readonly kind: "redeem"; readonly fault: "none" | "verifier" | "redirect_uri" | "client" }
  | { readonly kind: "refresh"; readonly age: number; readonly fault: "none" | "client" }
  | { readonly kind: "revoke"; readonly age: number; readonly fault: "none" | "client" };

/** A session as it ought to be. */
interface Expected {
  readonly codeExpiresAt: number;
  readonly redeemed: boolean;
  readonly revoked: boolean;
  readonly endsAt: number;
  /** How many refresh tokens were given out; the last of them is the current one. */
  readonly issued: number;
  readonly expiresAt: number;
  /** Until when the one before the current token gives the same answer again. */
  readonly replayUntil: number;
}

/** `token`: which refresh token the answer of a 200 brings; undefined with what brings none. */
type Answer = { readonly status: 200; readonly token?: number } | { readonly status: 400 };
type Outcome = readonly [answer: Answer, session: Expected];

const REFUSED: Answer = { status: 400 };

/** @param given how many tokens the client had when it asked */
function expectedOf(session: Expected, ask: Ask, given: number, now: number): Outcome {
  switch (ask.kind) {
    case "redeem":
      return redemption(session, ask.fault, now);
    case "refresh":
      return refresh(session, placeOf(ask.age, given), ask.fault, now);
    case "revoke":
      return ask.fault === "client" ? [REFUSED, session] : [{ status: 200 }, { ...session, revoked: true }];
  }
}

/** The place of a token among those that were given out. */
function placeOf(age: number, given: number): number {
  return Math.max(0, given - 1 - age);
}

function redemption(session: Expected, fault: string, now: number): Outcome {
  if (fault === "client") return [REFUSED, session];
  if (session.redeemed) return [REFUSED, { ...session, revoked: true }];
  if (session.codeExpiresAt <= now || fault !== "none") return [REFUSED, session];
  const endsAt = now + LIFETIMES.session;
  const expiresAt = Math.min(now + LIFETIMES.refreshToken, endsAt);
  return [
    { status: 200, token: 0 },
    { ...session, redeemed: true, endsAt, issued: 1, expiresAt },
  ];
}

function refresh(session: Expected, token: number, fault: string, now: number): Outcome {
  const current = session.issued - 1;
  if (fault === "client" || session.revoked || session.endsAt <= now) return [REFUSED, session];
  if (token === current) {
    if (session.expiresAt <= now) return [REFUSED, session];
    const expiresAt = Math.min(now + LIFETIMES.refreshToken, session.endsAt);
    const replayUntil = now + LIFETIMES.refreshReplay;
    return [
      { status: 200, token: current + 1 },
      { ...session, issued: session.issued + 1, expiresAt, replayUntil },
    ];
  }
  if (token === current - 1 && now < session.replayUntil) return [{ status: 200, token: current }, session];
  return [REFUSED, { ...session, revoked: true }];
}

/** A session as it is: what was given out for it. */
interface Actual {
  readonly code: string;
  readonly id: string;
  readonly tokens: string[];
  codeUses: number;
}

interface Heard {
  readonly status: number;
  readonly error?: string;
  readonly refreshToken?: string;
  readonly expiresIn?: number;
}

interface Model {
  now: number;
  readonly sessions: Expected[];
}

interface Real {
  readonly sessions: Actual[];
}

/** Documents whose writes wait, so that another request's may come first. */
class SlowDocuments implements SessionDocuments {
  milliseconds = 0;
  readonly #documents: SessionDocuments;

  constructor(documents: SessionDocuments) {
    this.#documents = documents;
  }

  create = (document: SessionDocument) => this.#documents.create(document);
  read = (id: string, partition: string) => this.#documents.read(id, partition);
  listLive = (...asked: Parameters<SessionDocuments["listLive"]>) => this.#documents.listLive(...asked);

  async replace(document: SessionDocument, etag: string) {
    if (this.milliseconds > 0) await setTimeout(this.milliseconds);
    return this.#documents.replace(document, etag);
  }
}

type Instance = Readonly<Record<"token" | "revoke", Endpoint>> & { readonly documents: SlowDocuments };

/** One request: to which instance, and how many milliseconds that one's writes wait. */
interface Sending {
  readonly instance: number;
  readonly wait: number;
  readonly ask: Ask;
}

const database = useSessions();
let gateway: ResolvedGateway;
let instances: readonly Instance[];
let context: ReturnType<Sessions["instance"]>;
beforeAll(async () => {
  const configured = resolvedGateway();
  gateway = { ...configured, lifetimes: { ...configured.lifetimes, ...LIFETIMES } };
  context = database.instance({ gateway });
  instances = [0, 1].map(() => {
    const own = database.instance({ gateway });
    const documents = new SlowDocuments(own.documents);
    const sessions = { ...own, documents };
    return { ...endpoints({ ...makeDependencies(database), gateway, sessions }), documents };
  });
});
async function send({ instance: index, wait, ask }: Sending, session: Actual): Promise<Heard> {
  const instance = instances[index];
  if (!instance) throw new Error("no such instance");
  instance.documents.milliseconds = wait;
  const endpoint = instance[ask.kind === "revoke" ? "revoke" : "token"];
  const request = formRequest(ask.kind === "revoke" ? "/revoke" : "/token", formOf(session, ask));
  const response = await endpoint(request, makeCall());
  const body = (await response.json()) as Readonly<Record<string, unknown>>;
  const { error, refresh_token: refreshToken, expires_in: expiresIn } = body;
  return {
    status: response.status,
    ...(typeof error === "string" ? { error } : {}),
    ...(typeof refreshToken === "string" ? { refreshToken } : {}),
    ...(typeof expiresIn === "number" ? { expiresIn } : {}),
  };
}

function formOf({ code, tokens }: Actual, ask: Ask): Record<string, string> {
  const client_id = ask.fault === "client" ? ANOTHER_CLIENT : GRANT.client.id;
  if (ask.kind === "redeem") {
    return {
      grant_type: "authorization_code",
      client_id,
      code,
      code_verifier: ask.fault === "verifier" ? "w".repeat(43) : VERIFIER,
      redirect_uri: ask.fault === "redirect_uri" ? "http://localhost/another" : REDIRECT_URI,
    };
  }
  const token = tokens[placeOf(ask.age, tokens.length)] ?? "";
  return ask.kind === "revoke"
    ? { client_id, token }
    : { grant_type: "refresh_token", client_id, refresh_token: token };
}

/** @returns whether an answer is the expected one, given the tokens so far; a new one is put to them then */
function isExpected(answer: Answer, heard: Heard, tokens: string[]): boolean {
  if (answer.status === 400) return heard.status === 400 && heard.error === "invalid_grant";
  if (heard.status !== 200) return false;
  if (answer.token === undefined) return heard.refreshToken === undefined;
  if (heard.refreshToken === undefined) return false;
  if (answer.token < tokens.length) return tokens[answer.token] === heard.refreshToken;
  if (tokens.includes(heard.refreshToken)) return false;
  tokens.push(heard.refreshToken);
  return true;
}

class Begin implements fc.AsyncCommand<Model, Real> {
  check = ({ sessions }: Model) => sessions.length < 3;
  toString = () => "begin";

  async run(model: Model, real: Real): Promise<void> {
    const { code, session: id } = await begin(context);
    real.sessions.push({ code, id, tokens: [], codeUses: 0 });
    const codeExpiresAt = model.now + LIFETIMES.authorizationCode;
    model.sessions.push({
      codeExpiresAt,
      redeemed: false,
      revoked: false,
      endsAt: codeExpiresAt,
      issued: 0,
      expiresAt: 0,
      replayUntil: 0,
    });
  }
}

class Pass implements fc.AsyncCommand<Model, Real> {
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  check = () => true;
  toString = () => `${this.#seconds} seconds pass`;

  async run(model: Model): Promise<void> {
    database.clock.advance(this.#seconds);
    model.now += this.#seconds;
  }
}

/** One or two requests at the same moment, each to an instance of its own choice. */
class Requests implements fc.AsyncCommand<Model, Real> {
  readonly #session: number;
  readonly #asks: readonly Sending[];

  constructor(session: number, asks: readonly Sending[]) {
    this.#session = session;
    this.#asks = asks;
  }

  check = ({ sessions }: Model) => {
    const session = sessions[this.#session];
    return (
      session !== undefined && this.#asks.every(({ ask }) => ask.kind === "redeem" || session.issued > 0)
    );
  };
  toString = () => `session ${this.#session}: ${JSON.stringify(this.#asks)}`;

  async run(model: Model, real: Real): Promise<void> {
    const before = model.sessions[this.#session];
    const actual = real.sessions[this.#session];
    if (!before || !actual) throw new Error("no such session");
    const known = [...actual.tokens];
    const heard = await Promise.all(this.#asks.map((each) => send(each, actual)));

    const after = this.#explained(before, known, heard, model.now);
    expect(after, `no order of the requests explains ${JSON.stringify(heard)}`).toBeDefined();
    if (!after) return;
    model.sessions[this.#session] = after.session;
    actual.tokens.splice(0, Infinity, ...after.tokens);
    this.#countCodeUses(actual, heard);
    await this.#checkInvariants(before, after.session, actual, heard, model.now);
  }

  /** What happens at the same moment has to come out as if one request had come after the other, in either order. */
  #explained(before: Expected, known: readonly string[], heard: readonly Heard[], now: number) {
    const forwards = this.#asks.map((_, index) => index);
    for (const order of [forwards, forwards.toReversed()]) {
      const tokens = [...known];
      let session = before;
      const isExplained = order.every((index) => {
        const ask = this.#asks[index]?.ask;
        const one = heard[index];
        if (!ask || !one) return false;
        const [answer, next] = expectedOf(session, ask, known.length, now);
        session = next;
        return isExpected(answer, one, tokens);
      });
      if (isExplained) return { session, tokens };
    }
    return undefined;
  }

  #countCodeUses(actual: Actual, heard: readonly Heard[]): void {
    const uses = heard.filter((one, index) => this.#asks[index]?.ask.kind === "redeem" && one.status === 200);
    actual.codeUses += uses.length;
    expect(actual.codeUses, "uses of one code").toBeLessThanOrEqual(1);
  }

  async #checkInvariants(
    before: Expected,
    after: Expected,
    actual: Actual,
    heard: readonly Heard[],
    now: number,
  ): Promise<void> {
    for (const one of heard) {
      if (one.refreshToken === undefined) continue;
      expect(before.revoked, "a revoked family answers").toBe(false);
      expect(one.expiresIn).toBeLessThanOrEqual(Math.min(LIFETIMES.accessToken, after.endsAt - now));
    }
    const stored = await database.stored(actual.id);
    const current = actual.tokens.filter(
      (token) => hashOf(token.split(".").at(-1) ?? "") === stored.refresh?.currentHash,
    );
    expect(current).toEqual(actual.tokens.slice(-1));
    expect(stored.revoked !== undefined).toBe(after.revoked);
    expect(stored.entra === undefined).toBe(after.revoked);
  }
}

const clientFault = fc.oneof(
  { weight: 9, arbitrary: fc.constant("none" as const) },
  { weight: 1, arbitrary: fc.constant("client" as const) },
);
const redeem: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constant("redeem" as const),
  fault: fc.oneof(
    { weight: 4, arbitrary: fc.constant("none" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("verifier" as const, "redirect_uri" as const, "client" as const),
    },
  ),
});
const age = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }) },
);
const refreshing: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constant("refresh" as const),
  age,
  fault: clientFault,
});
const revoking: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constant("revoke" as const),
  age,
  fault: clientFault,
});
const ask = fc.oneof(
  { weight: 2, arbitrary: redeem },
  { weight: 20, arbitrary: refreshing },
  { weight: 1, arbitrary: revoking },
);
const wait = fc.constantFrom(0, 0, 4);
const sent = fc.record({ instance: fc.nat(1), wait, ask });
const session = fc.nat(1);
const around = (seconds: number) => fc.integer({ min: seconds - 1, max: seconds + 1 });

const one = sent.map((each) => [each]);
const two = fc.tuple(sent, sent);
/** What a client does whose workers know nothing of each other. */
const sameTwice = fc
  .tuple(fc.oneof(refreshing, redeem), wait)
  .map(([ask, first]) => [first, 0].map((each, instance) => ({ instance, wait: each, ask })));
const endedMeanwhile = fc
  .tuple(refreshing, fc.oneof(revoking, refreshing, redeem), wait, wait)
  .map(([one, other, first, second]) => [
    { instance: 0, wait: first, ask: one },
    { instance: 1, wait: second, ask: other },
  ]);
const requests = fc
  .tuple(session, fc.oneof(one, one, two, sameTwice, endedMeanwhile))
  .map(([index, asks]) => new Requests(index, asks));
const time = fc.oneof(
  { weight: 6, arbitrary: fc.nat(20) },
  { weight: 2, arbitrary: around(LIFETIMES.refreshReplay) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.values(LIFETIMES)).chain(around) },
);
/** The token before the last comes again, when the window for that is about to end or just ended. */
class ReplayAtTheEnd implements fc.AsyncCommand<Model, Real> {
  readonly #session: number;
  readonly #seconds: number;

  constructor(session: number, seconds: number) {
    this.#session = session;
    this.#seconds = seconds;
  }

  check = ({ sessions }: Model) => (sessions[this.#session]?.issued ?? 0) > 0;
  toString = () => `session ${this.#session}: refresh, and the same again after ${this.#seconds} seconds`;

  async run(model: Model, real: Real): Promise<void> {
    const refreshed = (age: number) =>
      new Requests(this.#session, [{ instance: age, wait: 0, ask: { kind: "refresh", age, fault: "none" } }]);
    await refreshed(0).run(model, real);
    await new Pass(this.#seconds).run(model);
    await refreshed(1).run(model, real);
  }
}

/** Weights are how often one stands here. */
const commands = [
  requests,
  requests,
  requests,
  time.map((seconds) => new Pass(seconds)),
  fc.constant(new Begin()),
  fc
    .tuple(session, around(LIFETIMES.refreshReplay))
    .map(([index, seconds]) => new ReplayAtTheEnd(index, seconds)),
];

/** A session whose code was redeemed, and one whose code was not yet. */
async function start(): Promise<{ model: Model; real: Real }> {
  const model: Model = { now: database.clock.now(), sessions: [] };
  const real: Real = { sessions: [] };
  await new Begin().run(model, real);
  await new Requests(0, [{ instance: 0, wait: 0, ask: { kind: "redeem", fault: "none" } }]).run(model, real);
  await new Begin().run(model, real);
  return { model, real };
}

describe("sessions over two instances", () => {
  it("TOK-4 TOK-5 TOK-7 SES-4 answer as one instance alone would, whatever is asked of them, and when", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (steps) => {
        const begun = await start();
        await fc.asyncModelRun(() => begun, steps);
      }),
      { numRuns: 40 },
    );
  });
});
