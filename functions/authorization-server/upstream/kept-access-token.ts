import type { EntraAccessToken, EntraTokens } from "./upstream.ts";

/** msal renews a token this many seconds before it ends. */
const RENEWED_BEFORE_END_SECONDS = 300;

interface Place {
  readonly home_account_id?: string;
  readonly environment?: string;
  readonly realm?: string;
}

interface Account extends Place {
  readonly tenantProfiles?: readonly string[];
}

interface AccessToken extends Place {
  readonly credential_type?: string;
  readonly client_id?: string;
  readonly secret?: string;
  /** Scopes, separated by blanks. */
  readonly target?: string;
  /** Seconds since 1970, as text; so are the next two. */
  readonly cached_at?: string;
  readonly expires_on?: string;
  readonly refresh_on?: string;
  readonly token_type?: string;
}

interface Cache {
  readonly Account?: Readonly<Record<string, Account>>;
  readonly AccessToken?: Readonly<Record<string, AccessToken>>;
}

/** What an access token of ours consists of in msal's cache; one with anything else is msal's to judge. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  "home_account_id",
  "environment",
  "credential_type",
  "client_id",
  "secret",
  "realm",
  "target",
  "cached_at",
  "expires_on",
  "extended_expires_on",
  "refresh_on",
  "token_type",
]);

/**
 * Finds a fresh access token in msal's serialized cache by msal's own rules. msal itself takes fifty times as long for the same answer,
 * because it builds a client and its cache first.
 *
 * @param wanted.scope one scope
 * @param wanted.tenantId whose token it has to be
 * @param wanted.now seconds since 1970
 * @returns undefined when there is none, when msal would ask Entra now, and whenever anything is not as usual: msal then decides
 */
export function keptAccessToken(
  { cache, account: accountId }: Pick<EntraTokens, "cache" | "account">,
  wanted: {
    readonly clientId: string;
    readonly tenantId: string;
    readonly scope: string;
    /** Host name of Entra, as we reach it. */
    readonly authorityHost: string;
    readonly now: number;
  },
): Pick<EntraAccessToken, "token" | "expiresAt"> | undefined {
  const { Account: accounts = {}, AccessToken: tokens = {} } = JSON.parse(cache) as Cache;
  const [account, ...otherAccounts] = Object.values(accounts);
  const [entry, ...otherTokens] = Object.entries(tokens).filter(([, { target = "" }]) =>
    target.toLowerCase().split(" ").includes(wanted.scope.toLowerCase()),
  );
  if (!account || !entry || otherAccounts.length > 0 || otherTokens.length > 0) return undefined;
  const [key, token] = entry;
  if (account.environment !== environmentOf(wanted.authorityHost)) return undefined;
  if (!isUsual(account, accountId, wanted.tenantId) || !Object.keys(token).every(isKnown)) return undefined;
  const belongs =
    token.home_account_id === accountId &&
    token.environment === account.environment &&
    token.realm === wanted.tenantId &&
    token.client_id === wanted.clientId &&
    token.credential_type === "AccessToken" &&
    token.token_type === "Bearer" &&
    [accountId, wanted.tenantId, wanted.clientId, wanted.scope].every((part) =>
      key.toLowerCase().includes(part.toLowerCase()),
    );
  if (!belongs || !isFresh(token, wanted.now) || !token.secret) return undefined;
  return { token: token.secret, expiresAt: Number(token.expires_on) };
}

/** @returns the name under which msal keeps what comes from a host of Entra; its public cloud has an older one */
function environmentOf(host: string): string {
  return host === "login.microsoftonline.com" ? "login.windows.net" : host;
}

function isKnown(member: string): boolean {
  return KNOWN_MEMBERS.has(member);
}

/** Whether it is the one account, of the tenant that it signs in to: a guest's has another home. */
function isUsual(account: Account, id: string, tenantId: string): boolean {
  const { home_account_id, realm, tenantProfiles = [] } = account;
  return home_account_id === id && realm === tenantId && tenantProfiles.length <= 1;
}

function isFresh({ cached_at, expires_on, refresh_on }: AccessToken, now: number): boolean {
  const times = [cached_at, expires_on, refresh_on ?? "0"];
  if (!times.every((time) => time !== undefined && /^\d{1,12}$/.test(time))) return false;
  return (
    Number(cached_at) <= now &&
    Number(expires_on) >= now + RENEWED_BEFORE_END_SECONDS + 1 &&
    (refresh_on === undefined || Number(refresh_on) >= now + 1)
  );
}
