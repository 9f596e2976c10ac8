import { isProvenByHost } from "../../../../../config/rules/redirect-uri.ts";
import { seal, unsealIfOurs } from "../../../crypto/seal.ts";
import { hashOf } from "../../../crypto/secrets.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import { OFFLINE_ACCESS } from "../../../sessions/openid-scopes.ts";
import { mayRefresh } from "../../../sessions/refresh-within-grant.ts";
import { type AuthorizationRequest, requestedServers } from "../authorization-request.ts";
import { withoutRefresh } from "../choice.ts";

/** What a person said to a client's request. */
type Decision = "allow" | "deny";

/** What a browser remembers: a denial, or the request as the person allowed it. */
export type Remembered = "deny" | AuthorizationRequest;

/** In the cookie; the second is an approval without a refresh token. */
const SEALED = { staying: "allow", once: "allow-once", denied: "deny" } as const;

/** For how many seconds each decision may be remembered; a decision that may not be is left out. */
export type Memory = { readonly [decision in Decision]?: number };

/** More than this push out the oldest, so that the cookies leave room for sign-ins under way. */
const DECISION_LIMIT = 4;

const COOKIE = /^decision-[\w-]{22}\.[\w-]{22}$/;

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * For how long this browser may remember what is decided now; empty where the operator did not switch it on (0).
 *
 * An approval is remembered only where an https redirect URI proves who gets the answer: any program on the device could
 * ask again as a client on loopback or a private-use scheme, and nobody would be asked (RFC 8252 §8.6). It is not
 * remembered for a request without `resource` either: another MCP server may have sent the client here, and only the page tells
 * the person which server the access is for.
 */
export function memoryFor(
  { consent: { remember } }: Needs["gateway"],
  { redirectUri, resourceLeftOut }: Pick<AuthorizationRequest, "redirectUri" | "resourceLeftOut">,
): Memory {
  const mayRemember = isProvenByHost(redirectUri) && !resourceLeftOut;
  return {
    ...(remember.approvals > 0 && mayRemember && { allow: remember.approvals }),
    ...(remember.denials > 0 && { deny: remember.denials }),
  };
}

/**
 * Whether a browser says that no web site brought the person here: a program opened it, or they did. Another site could
 * have begun the request itself and have the person finish it (GHSA-6x8h-498w-gv8c); so could any page of our own
 * origin, where MCP servers answer too. If the browser does not send `Sec-Fetch-Site`, a site counts as having brought the person.
 */
export function cameByThemselves(request: Request): boolean {
  return request.headers.get("sec-fetch-site") === "none";
}

/**
 * What this browser remembers of a request: a denial of the very same one, or an approval of its very scopes: client, name, redirect
 * URI, servers, and scopes in the words that the person read. A request for more than was allowed is another one, also where the person
 * left that out: a client that was refused a tool for want of a scope asks for the scope in just that way.
 *
 * @returns undefined when the person has to be asked
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function rememberedDecision(
  { gateway, keys, now }: Needs,
  request: Request,
  authorization: AuthorizationRequest,
): Promise<Remembered | undefined> {
  const memory = memoryFor(gateway, authorization);
  if (Object.keys(memory).length === 0) return undefined;
  if (!cameByThemselves(request) || new URL(request.url).searchParams.has("prompt")) return undefined;
  const subject = subjectOf(gateway, authorization);
  const { decidedAt, sealed } = parsed(readCookies(request).get(cookieName(subject)));
  if (sealed === undefined) return undefined;
  const decision = await unsealIfOurs(keys, "decision", recordOf(subject, decidedAt), sealed);
  const holds = (lifetime = 0) => decidedAt + lifetime > now();
  if (decision === SEALED.denied) return holds(memory.deny) ? "deny" : undefined;
  if (decision === SEALED.staying) return holds(memory.allow) ? authorization : undefined;
  return decision === SEALED.once && holds(memory.allow) ? withoutRefresh(authorization) : undefined;
}

/**
 * The cookies that follow a decision. The last one counts: it takes the place of what was remembered of the request, and
 * a denial, also of one scope, that of everything remembered of the client.
 *
 * @param decided a denial, or the request as the person allowed it
 * @param remember whether the person wants it remembered
 * @throws KeyError or StoreError when there is no key to seal with now
 */
export async function decisionCookies(
  { gateway, keys, now }: Needs,
  request: Request,
  authorization: AuthorizationRequest,
  decided: Remembered,
  remember: boolean,
): Promise<string[]> {
  const allowed = decided === "deny" ? undefined : decided;
  const subject = subjectOf(gateway, {
    ...authorization,
    scopes: authorization.scopes.filter(
      (scope) => scope === OFFLINE_ACCESS || (allowed ?? authorization).scopes.includes(scope),
    ),
  });
  const name = cookieName(subject);
  const narrows = allowed !== authorization;
  const held = [...readCookies(request)].filter(([each]) => COOKIE.test(each));
  const outdated = held
    .map(([each]) => each)
    .filter((each) => each === name || (narrows && each.startsWith(clientPrefix(subject))));
  const lifetime = memoryFor(gateway, authorization)[allowed ? "allow" : "deny"];
  if (!remember || lifetime === undefined) return outdated.map(expireCookie);
  const stays = allowed && mayRefresh(allowed.client, allowed.scopes);
  const decision = allowed ? SEALED[stays ? "staying" : "once"] : SEALED.denied;
  const sealed = await seal(keys, "decision", recordOf(subject, now()), decision);
  const others = held
    .filter(([each]) => !outdated.includes(each))
    .sort(([, one], [, other]) => parsed(other).decidedAt - parsed(one).decidedAt)
    .map(([each]) => each);
  const pushedOut = [...others.slice(DECISION_LIMIT - 1), ...outdated.filter((each) => each !== name)];
  return [...pushedOut.map(expireCookie), setCookie(name, `${now().toString(36)}.${sealed}`, lifetime)];
}

/**
 * The cookies that make a browser ask again, whatever it remembers.
 *
 * @param clientId whose decisions; those of every client when left out
 */
export function forgetDecisions(request: Request, clientId?: string): string[] {
  const prefix = clientId === undefined ? "" : clientPrefix({ client: short(hashOf(clientId)) });
  return [...readCookies(request).keys()]
    .filter((each) => COOKIE.test(each) && each.startsWith(prefix))
    .map(expireCookie);
}

/** What was decided about: hashes of the client, and of all that the person read. */
interface Subject {
  readonly client: string;
  readonly request: string;
}

function subjectOf(gateway: Needs["gateway"], authorization: AuthorizationRequest): Subject {
  const { client, redirectUri, resourceLeftOut } = authorization;
  const scopes = authorization.scopes.filter((scope) => scope !== OFFLINE_ACCESS);
  const servers = requestedServers(authorization, gateway.servers).map((server) => [
    server.name,
    server.resource,
    server.title,
    server.scopes.filter(({ name }) => scopes.includes(name)),
  ]);
  const read = [
    client.id,
    client.name,
    redirectUri,
    servers,
    scopes.sort(),
    mayRefresh(client, authorization.scopes),
    resourceLeftOut,
  ];
  return { client: short(hashOf(client.id)), request: short(hashOf(JSON.stringify(read))) };
}

/** 132 bits: enough for what was sealed to be nothing else's, in a cookie that is kept for long. */
function short(hash: string): string {
  return hash.slice(0, 22);
}

function clientPrefix({ client }: Pick<Subject, "client">): string {
  return `decision-${client}.`;
}

function cookieName(subject: Subject): string {
  return `${clientPrefix(subject)}${subject.request}`;
}

function recordOf({ request }: Subject, decidedAt: number): string {
  return `${request}.${decidedAt}`;
}

/** The time is in front of the seal, and the seal is valid only for that time. */
function parsed(value = ""): { readonly decidedAt: number; readonly sealed?: string | undefined } {
  const [, time = "0", sealed] = /^([0-9a-z]{1,10})\.(.+)$/.exec(value) ?? [];
  return { decidedAt: Number.parseInt(time, 36), sealed };
}
