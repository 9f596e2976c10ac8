import { ConfidentialClientApplication } from "@azure/msal-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import fc from "../../testing/generated-input.ts";
import { keptAccessToken } from "./kept-access-token.ts";

const NOW = 1_796_080_000;
const CLIENT = "a3c5e1d2-4b6f-4c88-9d17-0e2f4a6b8c10";
const TENANT = "6f1b0c1e-93a5-4d0e-8b4e-52f6a1c7d901";
const OTHER_TENANT = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
const ACCOUNT = `2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c.${TENANT}`;
const HOST = "login.microsoftonline.com";
/** The name that msal gives to Entra's public cloud in its cache. */
const ENVIRONMENT = "login.windows.net";
const SCOPE = "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp.Access";
const OTHER_SCOPE = "api://c8eaf4b5-7d92-4fb3-9a4a-2b4c6d8eaf31/Notes.ReadWrite";

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

type Members = Readonly<Record<string, unknown>>;

function account(changes: Members = {}): Members {
  const profile = { tenantId: TENANT, localAccountId: "l", username: "u", isHomeTenant: true };
  return {
    home_account_id: ACCOUNT,
    environment: ENVIRONMENT,
    realm: TENANT,
    local_account_id: "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c",
    username: "mira.okafor@brightwater.example",
    authority_type: "MSSTS",
    tenantProfiles: [JSON.stringify(profile)],
    ...changes,
  };
}

function token(changes: Members = {}): Members {
  return {
    home_account_id: ACCOUNT,
    environment: ENVIRONMENT,
    credential_type: "AccessToken",
    client_id: CLIENT,
    secret: "the-token",
    realm: TENANT,
    target: SCOPE,
    cached_at: String(NOW - 100),
    expires_on: String(NOW + 3000),
    extended_expires_on: String(NOW + 6000),
    token_type: "Bearer",
    ...changes,
  };
}

/** msal's own key for an entry. */
function keyOf({ home_account_id, environment, client_id, realm, target }: Members): string {
  return `${home_account_id}-${environment}-accesstoken-${client_id}-${realm}-${target}-`.toLowerCase();
}

function cacheOf(tokens: readonly Members[], accounts: readonly Members[] = [account()]): string {
  return JSON.stringify({
    Account: Object.fromEntries(accounts.map((each, n) => [`${each["home_account_id"]}-${n}`, each])),
    IdToken: {},
    AccessToken: Object.fromEntries(tokens.map((each) => [keyOf(each), each])),
    RefreshToken: {},
    AppMetadata: {},
  });
}

const read = (cache: string, scope = SCOPE) =>
  keptAccessToken(
    { cache, account: ACCOUNT },
    { clientId: CLIENT, tenantId: TENANT, scope, authorityHost: HOST, now: NOW },
  );

/** What msal gives without asking anybody; undefined when it would ask. */
async function msal(cache: string, scope = SCOPE) {
  const ask = () => Promise.reject(new Error("asked Entra"));
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: CLIENT,
      authority: `https://${HOST}/${TENANT}`,
      knownAuthorities: [HOST],
      authorityMetadata: JSON.stringify({
        issuer: `https://${HOST}/${TENANT}/v2.0`,
        authorization_endpoint: `https://${HOST}/${TENANT}/oauth2/v2.0/authorize`,
        token_endpoint: `https://${HOST}/${TENANT}/oauth2/v2.0/token`,
        jwks_uri: `https://${HOST}/${TENANT}/discovery/v2.0/keys`,
      }),
      clientSecret: "s",
    },
    system: { networkClient: { sendGetRequestAsync: ask, sendPostRequestAsync: ask } },
  });
  const tokenCache = client.getTokenCache();
  tokenCache.deserialize(cache);
  const before = tokenCache.serialize();
  const found = await tokenCache.getAccountByHomeId(ACCOUNT);
  if (!found) return undefined;
  const result = await client.acquireTokenSilent({ account: found, scopes: [scope] }).catch(() => undefined);
  if (!result || tokenCache.serialize() !== before) return undefined;
  return { token: result.accessToken, expiresAt: (result.expiresOn?.getTime() ?? 0) / 1000 };
}

describe("a kept access token", () => {
  it("TOK-6 is read as msal gives it", async () => {
    const cache = cacheOf([token()]);
    expect(read(cache)).toEqual({ token: "the-token", expiresAt: NOW + 3000 });
    expect(read(cache)).toEqual(await msal(cache));
  });

  it("TOK-6 is the one for the scope, in any letter case and among others", async () => {
    const other = token({ target: OTHER_SCOPE, secret: "another" });
    const more = cacheOf([token({ target: `openid ${SCOPE} profile` }), other]);
    for (const [cache, scope] of [
      [cacheOf([token(), other]), SCOPE],
      [cacheOf([token(), other]), SCOPE.toLowerCase()],
      [cacheOf([token(), other]), OTHER_SCOPE],
      [more, SCOPE],
    ] as const) {
      expect(read(cache, scope)).toBeDefined();
      expect(read(cache, scope)).toEqual(await msal(cache, scope));
    }
  });

  it.each<[string, Members]>([
    ["ends within five minutes", { expires_on: String(NOW + 299) }],
    ["has ended", { expires_on: String(NOW - 1) }],
    ["says no end", { expires_on: undefined }],
    ["says its end in words", { expires_on: "tomorrow" }],
    ["is due for a renewal ahead of time", { refresh_on: String(NOW - 1) }],
    ["was kept in the future", { cached_at: String(NOW + 10) }],
    ["is another person's", { home_account_id: `x.${TENANT}` }],
    ["is another tenant's", { realm: OTHER_TENANT }],
    ["is another application's", { client_id: "b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20" }],
    ["is another cloud's", { environment: "login.partner.microsoftonline.cn" }],
    ["has a part of the scope only", { target: "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp" }],
    ["is bound to a key", { token_type: "pop", credential_type: "AccessToken_With_AuthScheme", key_id: "k" }],
    ["is of another kind", { credential_type: "RefreshToken" }],
    ["is for one resource", { resource: "https://mcp.example" }],
    ["has components that nobody asked for", { additionalCacheKeyComponents: { attribute_tokens: "a" } }],
    ["is empty", { secret: "" }],
  ])("TOK-6 is left to msal when it %s", (_, changes) => {
    expect(read(cacheOf([token(changes)]))).toBeUndefined();
  });

  it.each(["login.partner.microsoftonline.cn", "login.windows.net.example", HOST])(
    "TOK-6 is left to msal when it and its account are of %s, which is not where we sign people in",
    async (environment) => {
      const cache = cacheOf([token({ environment })], [account({ environment })]);
      expect(read(cache)).toBeUndefined();
    },
  );

  it("TOK-6 is left to msal when there are two, or two accounts, or a guest's, or none", () => {
    expect(read(cacheOf([token(), token({ target: `${SCOPE} profile` })]))).toBeUndefined();
    expect(read(cacheOf([token()], [account(), account({ home_account_id: "x.y" })]))).toBeUndefined();
    expect(read(cacheOf([token()], [account({ realm: OTHER_TENANT })]))).toBeUndefined();
    expect(read(cacheOf([token()], [account({ tenantProfiles: ["{}", "{}"] })]))).toBeUndefined();
    expect(read(cacheOf([token()], []))).toBeUndefined();
    expect(read(cacheOf([]))).toBeUndefined();
    expect(read("{}")).toBeUndefined();
  });

  it("TOK-6 is never another than msal would give, nor one where msal would ask", async () => {
    const mostly = <T>(usual: T, ...others: T[]) =>
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(usual) },
        { weight: 1, arbitrary: fc.constantFrom(...others) },
      );
    const time = (low: number, high: number) =>
      fc.integer({ min: low, max: high }).map((seconds) => String(NOW + seconds));
    const anyToken = fc
      .record({
        home_account_id: mostly(ACCOUNT, `x.${TENANT}`),
        environment: mostly(ENVIRONMENT, HOST, "sts.windows.net", "login.partner.example"),
        realm: mostly(TENANT, OTHER_TENANT),
        client_id: mostly(CLIENT, CLIENT.toUpperCase(), TENANT),
        target: mostly(SCOPE, `${SCOPE} openid`, OTHER_SCOPE, `${OTHER_SCOPE} ${SCOPE}`),
        cached_at: time(-50, 5),
        expires_on: time(290, 350),
        refresh_on: fc.option(time(-5, 5), { nil: undefined }),
        token_type: mostly("Bearer", "bearer", "pop"),
        secret: fc.constantFrom("one", "two"),
      })
      .map(token);
    const anyAccount = fc
      .record({ environment: mostly(ENVIRONMENT, HOST), realm: mostly(TENANT, OTHER_TENANT) })
      .map(account);
    const caches = fc
      .tuple(
        fc.array(anyToken, { minLength: 1, maxLength: 2 }),
        fc.array(anyAccount, { minLength: 1, maxLength: 2 }),
      )
      .map(([tokens, accounts]) => cacheOf(tokens, accounts));
    let found = 0;
    await fc.assert(
      fc.asyncProperty(caches, async (cache) => {
        const kept = read(cache);
        if (!kept) return;
        found += 1;
        expect(kept).toEqual(await msal(cache));
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(30);
  });
});
