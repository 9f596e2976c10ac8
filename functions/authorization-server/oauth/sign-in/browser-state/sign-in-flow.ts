import { seal, unsealIfOurs } from "../../../crypto/seal.ts";
import { hashOf, randomId } from "../../../crypto/secrets.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import type { EntraRequest } from "../../../upstream/upstream.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { placeOf } from "./answer-cookies.ts";
import { sortableTime } from "./sortable-time.ts";

/**
 * A sign-in on its way through Entra. It lives in the browser that approved it and nowhere else: there is nothing to
 * store, nothing to flood, and an Entra URL that was carried to another browser ends there.
 */
export interface SignInFlow {
  readonly request: AuthorizationRequest;
  readonly entra: EntraRequest;
  /** Entra was asked once more, with claims; not a second time. */
  readonly again?: true;
  /** Entra was asked once more, for a new sign-in in place of one that was too old; not a second time. */
  readonly anew?: true;
  /** Entra was asked once more, because its answer was lost in the browser; not a second time. */
  readonly lost?: true;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** More sign-ins than this at once in one browser push out the oldest, so that the cookies stay bounded. */
const FLOW_LIMIT = 5;

/**
 * So do larger ones. Node takes 16 KiB of headers in all; an ordinary sign-in fits beside one of any size, and leaves room for what else
 * a request brings (cookies.test.ts counts it).
 */
const FLOWS_LIMIT_BYTES = 3850;

const COOKIE = /^sign-in-([0-9a-z]{1,12}\.[\w-]{22})$/;

/** Those of the account page, too. */
const ANY_FLOW = /^(?:account-)?sign-in-([0-9a-z]{1,12}\.[\w-]{22})$/;

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * @param now seconds since 1970
 * @param request whose browser the flow is for
 * @param transaction what the form carried that began the flow, by which {@link flowIdOf} finds the flow again
 * @returns a name for a new flow, which is also `state` towards Entra; later ones sort behind earlier ones. Entra's answers to it and to
 *   the newest other one in the browser lie in different places, so that neither replaces the other.
 */
export function newFlowId(now: number, request: Request, transaction?: string): string {
  const others = [...readCookies(request).keys()].flatMap((name) => ANY_FLOW.exec(name)?.[1] ?? []);
  const newest = others.sort().at(-1);
  for (;;) {
    const random = randomId();
    const name = transaction === undefined ? random : `${shortHash(transaction)}${random.slice(0, 2)}`;
    const id = `${sortableTime(now)}.${name}`;
    if (newest === undefined || placeOf(id) !== placeOf(newest)) return id;
  }
}

/** @returns the ID of the flow that a consent form began in this browser, while it is on its way */
export function flowIdOf(request: Request, transaction: string): string | undefined {
  const hash = shortHash(transaction);
  const ids = [...readCookies(request).keys()].map((name) => COOKIE.exec(name)?.[1]);
  return ids.find((id) => id?.slice(-22, -2) === hash);
}

/** Two characters shorter than {@link randomId}, and as hard to guess: what a form carries is sealed with random bits. */
function shortHash(transaction: string): string {
  return hashOf(transaction).slice(0, 20);
}

/** @returns the cookies that put a flow into the browser, and those that push old ones out */
export async function flowCookies(
  { gateway, keys, now }: Needs,
  request: Request,
  id: string,
  flow: Omit<SignInFlow, "expiresAt">,
): Promise<string[]> {
  const lifetime = gateway.lifetimes.signIn;
  const content: SignInFlow = { ...flow, expiresAt: now() + lifetime };
  const sealed = await seal(keys, "sign-in", id, JSON.stringify(content));
  const newest = { name: cookieName(id), size: cookieName(id).length + sealed.length };
  return [...pushedOut(request, newest).map(expireCookie), setCookie(newest.name, sealed, lifetime)];
}

/** @returns the names of the cookies that have to go for the newest one */
function pushedOut(request: Request, newest: { readonly size: number }): readonly string[] {
  const newestFirst = [...readCookies(request)]
    .filter(([name]) => COOKIE.test(name))
    .sort()
    .reverse();
  const names: string[] = [];
  let count = 1;
  let bytes = newest.size;
  for (const [name, value] of newestFirst) {
    count += 1;
    bytes += name.length + value.length;
    if (count > FLOW_LIMIT || bytes > FLOWS_LIMIT_BYTES) names.push(name);
  }
  return names;
}

/**
 * @returns the flow that this browser approved under the ID; undefined when it did not, or it was altered
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function openFlow(
  { keys }: Pick<Needs, "keys">,
  request: Request,
  id: string,
): Promise<SignInFlow | undefined> {
  const sealed = COOKIE.test(cookieName(id)) ? readCookies(request).get(cookieName(id)) : undefined;
  if (!sealed) return undefined;
  const opened = await unsealIfOurs(keys, "sign-in", id, sealed);
  return opened === undefined ? undefined : (JSON.parse(opened) as SignInFlow);
}

/** @returns the cookie that takes a flow out of the browser: it works once */
export function endFlow(id: string): string {
  return expireCookie(cookieName(id));
}

function cookieName(id: string): string {
  return `sign-in-${id}`;
}
