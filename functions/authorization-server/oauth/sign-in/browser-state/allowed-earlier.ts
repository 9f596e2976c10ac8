import type { ResolvedServer } from "../../../../../config/resolve.ts";
import { seal, unsealIfOurs } from "../../../crypto/seal.ts";
import { hashOf } from "../../../crypto/secrets.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import { OFFLINE_ACCESS } from "../../../sessions/openid-scopes.ts";
import { mayRefresh } from "../../../sessions/refresh-within-grant.ts";
import { type AuthorizationRequest, requestedServers } from "../authorization-request.ts";

/**
 * What people allowed in this browser earlier, client by client, so that the consent page can set apart what is new. It only decides
 * what stands where on the page: everything is asked again, and the page says "in this browser", because nobody has signed in yet.
 *
 * All of it is one cookie, because /authorize has room for no more: short hashes, which nobody can choose scopes to match, because the
 * operator names those. The clients of longest ago go first.
 */
const COOKIE = "allowed-earlier";

/** In characters. With the seal around it, the cookie takes what oauth/cookies.test.ts counts for it. */
const LONGEST_TEXT = 160;

/** As many as fit into it. */
const MOST_MARKS = 37;

const DAY = 86_400;

/** Hash of a client's ID, day, hashes of what was allowed. */
const ENTRY = /^([\w-]{8})([0-9a-z]{3})((?:[\w-]{4})*)$/;

interface Entry {
  readonly client: string;
  /** Days since 1970. */
  readonly day: number;
  readonly marks: readonly string[];
}

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * @returns the scopes of the request that somebody allowed the client in this browser, in the words that the page has now. None for a
 *   client that named no server: another server may have sent it here, so its person has to look at everything
 * @throws KeyError or StoreError when the cookie's key cannot be had now
 */
export async function allowedEarlier(
  needs: Needs,
  request: Request,
  authorization: AuthorizationRequest,
): Promise<readonly string[]> {
  if (authorization.resourceLeftOut) return [];
  const entries = await read(needs, request);
  const found = entries.find(({ client }) => client === clientMark(authorization.client.id));
  if (!found) return [];
  const servers = requestedServers(authorization, needs.gateway.servers);
  return [...authorization.scopes, OFFLINE_ACCESS].filter((scope) =>
    marksOf(scope, servers).every((mark) => found.marks.includes(mark)),
  );
}

/**
 * Notes what a person has just allowed, and forgets what they left out.
 *
 * @param asked the request as it came
 * @param allowed what the person made of it
 * @returns the cookie
 */
export async function noteAllowed(
  needs: Needs,
  request: Request,
  asked: AuthorizationRequest,
  allowed: AuthorizationRequest,
): Promise<string> {
  const servers = requestedServers(asked, needs.gateway.servers);
  const marks = (scopes: readonly string[]) => scopes.flatMap((scope) => marksOf(scope, servers));
  const client = clientMark(asked.client.id);
  const entries = await read(needs, request);
  const earlier = entries.find((each) => each.client === client)?.marks ?? [];
  const kept = earlier.filter((mark) => !marks([...asked.scopes, OFFLINE_ACCESS]).includes(mark));
  const staying = mayRefresh(allowed.client, allowed.scopes) ? [OFFLINE_ACCESS] : [];
  const now = marks([...allowed.scopes.filter((scope) => scope !== OFFLINE_ACCESS), ...staying]);
  const entry = { client, day: Math.floor(needs.now() / DAY), marks: [...new Set([...now, ...kept])] };
  return cookieOf(needs, [entry, ...entries.filter((each) => each.client !== client)]);
}

/**
 * @param clientId whose; those of every client when left out
 * @returns the cookies that make a browser forget what was allowed in it
 */
export async function forgetAllowed(needs: Needs, request: Request, clientId?: string): Promise<string[]> {
  const entries = await read(needs, request);
  if (clientId === undefined) return readCookies(request).has(COOKIE) ? [expireCookie(COOKIE)] : [];
  const others = entries.filter(({ client }) => client !== clientMark(clientId));
  return others.length === entries.length ? [] : [await cookieOf(needs, others)];
}

/** @returns the entries whose time is not over, the newest first */
async function read({ gateway, keys, now }: Needs, request: Request): Promise<readonly Entry[]> {
  const [, record, sealed] = /^([0-9a-z]{1,10})\.(.+)$/.exec(readCookies(request).get(COOKIE) ?? "") ?? [];
  if (record === undefined || sealed === undefined) return [];
  const text = await unsealIfOurs(keys, "allowed-earlier", record, sealed);
  return (text ?? "").split(".").flatMap((entry) => {
    const [, client, days, marks = ""] = ENTRY.exec(entry) ?? [];
    if (client === undefined || days === undefined) return [];
    const day = Number.parseInt(days, 36);
    if (day * DAY + gateway.lifetimes.session <= now()) return [];
    return [{ client, day, marks: marks.match(/.{4}/g) ?? [] }];
  });
}

async function cookieOf({ gateway, keys, now }: Needs, entries: readonly Entry[]): Promise<string> {
  if (entries.length === 0) return expireCookie(COOKIE);
  let text = "";
  for (const { client, day, marks } of entries) {
    const entry = `${client}${day.toString(36).padStart(3, "0")}${marks.slice(0, MOST_MARKS).join("")}`;
    const longer = text === "" ? entry : `${text}.${entry}`;
    // What does not fit is new the next time.
    if (longer.length > LONGEST_TEXT) break;
    text = longer;
  }
  const record = now().toString(36);
  const sealed = await seal(keys, "allowed-earlier", record, text);
  return setCookie(COOKIE, `${record}.${sealed}`, gateway.lifetimes.session);
}

function clientMark(id: string): string {
  return hashOf(id).slice(0, 8);
}

/** One for each server that has the scope, since it means another thing at each. */
function marksOf(scope: string, servers: readonly ResolvedServer[]): readonly string[] {
  const read = servers.flatMap(({ resource, scopes }) =>
    scopes.filter(({ name }) => name === scope).map(({ description }) => [resource, scope, description]),
  );
  return (read.length > 0 ? read : [scope]).map((words) => hashOf(JSON.stringify(words)).slice(0, 4));
}
