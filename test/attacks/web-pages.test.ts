import { beforeAll, describe, expect, it } from "vitest";
import { useBrowser } from "../support/browser.ts";
import { useHostileSite } from "../support/hostile-site.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { type RawHeaders, rawRequest } from "../support/raw-request.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** Of everything, at one address: more than the tests need, and less than a web page sends. */
const CALLS = 25;
const LIMIT = { calls: CALLS, period: 300 };
const FLOOD = CALLS + 5;
const PAGE = "https://page.example";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

const twin = useOwnTwin({
  rateLimits: {
    register: LIMIT,
    signIn: LIMIT,
    token: LIMIT,
    client: LIMIT,
    clientEverywhere: LIMIT,
    documents: LIMIT,
  },
});
const browser = useBrowser();
const site = useHostileSite();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});
/** Sends the same request many times, from the visitor's address unless told otherwise. @returns the statuses that came */
async function flood(
  target: string,
  options: Parameters<typeof rawRequest>[2],
  addresses: readonly string[] = ["127.0.0.1"],
): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let sent = 0; sent < FLOOD; sent++) {
    const from = addresses[sent % addresses.length] ?? "";
    statuses.add((await rawRequest(twin.origin, target, { from, ...options })).status);
  }
  return statuses;
}

/** From the very address that the pages' requests came from. */
async function expectSignIn(): Promise<void> {
  const { accessToken, refreshToken } = await client.signIn(new Person(twin), MIRA);
  expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
  expect((await client.refresh(refreshToken)).status).toBe(200);
}

const authorizePath = () => client.authorizationRequest().url.slice(twin.origin.length);

/** What browsers say of what a page sends (Fetch Metadata §2). */
function fetched(mode: string, dest: string, more: RawHeaders = {}): RawHeaders {
  return { "sec-fetch-site": "cross-site", "sec-fetch-mode": mode, "sec-fetch-dest": dest, ...more };
}

describe("a web page, in a browser behind the same address,", () => {
  it.each<[string, RawHeaders]>([
    ["images", fetched("no-cors", "image")],
    ["scripts", fetched("no-cors", "script")],
    ["frames", fetched("navigate", "iframe")],
    ["objects", fetched("navigate", "object")],
    ["a script's requests", fetched("cors", "empty", { origin: PAGE })],
    ["links to prefetch", fetched("no-cors", "empty", { "sec-purpose": "prefetch" })],
    ["pages to prefetch", fetched("navigate", "document", { "sec-purpose": "prefetch;anonymous-client-ip" })],
    ["pages to prerender", fetched("navigate", "document", { "sec-purpose": "prefetch;prerender" })],
  ])("GW-17 uses up no sign-ins with %s, which are refused before they count", async (_, headers) => {
    expect(await flood(authorizePath(), { headers })).toEqual(new Set([403]));
    for (const [method, path] of [
      ["GET", "/callback"],
      ["POST", "/consent"],
      ["GET", "/account"],
      ["POST", "/account/revoke"],
    ] as const) {
      const answer = await rawRequest(twin.origin, path, { method, headers });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect((await send(client.authorizationRequest().url)).status).toBe(200);
  });

  it("GW-17 uses up no sign-ins with navigations to /authorize: those that a page begins count apart", async () => {
    const headers = fetched("navigate", "document");
    expect(await flood(authorizePath(), { headers })).toEqual(new Set([200, 429]));
    await expectSignIn();
  });

  it.each(["/token", "/revoke", "/introspect", "/register"])(
    "GW-17 uses up nothing of %s for programs, nor their client's share there",
    async (path) => {
      const headers = { ...fetched("no-cors", "empty"), ...FORM, origin: PAGE };
      const body = `grant_type=refresh_token&refresh_token=x&token=x&client_id=${client.id}`;
      const statuses = await flood(path, { method: "POST", headers, body });
      expect(statuses).toContain(429);
      // Sandboxed pages and some redirects hide the origin.
      expect(await flood(path, { method: "POST", headers: { ...FORM, origin: "null" }, body })).toEqual(
        new Set([429]),
      );
      const program = await rawRequest(twin.origin, path, { method: "POST", headers: FORM, body });
      expect(program.status).not.toBe(429);
    },
  );

  it("GW-17 uses up no documents with images, which name no origin", async () => {
    const path = "/.well-known/oauth-authorization-server";
    expect(await flood(path, { headers: fetched("no-cors", "image") })).toEqual(new Set([200, 429]));
    expect((await send(`${twin.origin}${path}`)).status).toBe(200);
  });

  it("GW-17 uses up no client's share everywhere, however many people visit it", async () => {
    const addresses = Array.from({ length: FLOOD }, (_, index) => `127.0.1.${index + 1}`);
    const headers = { ...fetched("no-cors", "empty"), ...FORM, origin: PAGE };
    const body = `grant_type=refresh_token&refresh_token=x&client_id=${client.id}`;
    expect(await flood("/token", { method: "POST", headers, body }, addresses)).toContain(429);
    const program = { method: "POST", headers: FORM, body, from: "127.0.1.200" };
    expect((await rawRequest(twin.origin, "/token", program)).status).not.toBe(429);
  });

  it("GW-17 uses up nothing, as Chromium sends it", async () => {
    const url = client.authorizationRequest().url.replaceAll("&", "&amp;");
    const each = (element: (index: number) => string) =>
      Array.from({ length: FLOOD }, (_, i) => element(i)).join("");
    const rules = JSON.stringify({
      prefetch: [{ urls: [client.authorizationRequest().url], eagerness: "immediate" }],
    });
    const visitor = await browser.person();
    const tab = await visitor.open(
      site.publish(`<!doctype html>${each((i) => `<img src="${url}&amp;i=${i}">`)}
        ${each((i) => `<link rel="prefetch" href="${url}&amp;p=${i}">`)}
        ${each((i) => `<iframe src="${url}&amp;f=${i}"></iframe>`)}
        <script type="speculationrules">${rules}</script>`),
    );
    const outcome = await tab.page.evaluate(
      async ([origin, count, id]) => {
        const body = () =>
          new URLSearchParams({ grant_type: "refresh_token", refresh_token: "x", client_id: id });
        const post = () => fetch(`${origin}/token`, { method: "POST", mode: "no-cors", body: body() });
        const read = () =>
          fetch(`${origin}/token`, { method: "POST", body: body() }).then(({ status }) => status);
        for (let sent = 0; sent < count; sent++) await post();
        return read();
      },
      [twin.origin, FLOOD, client.id] as const,
    );
    expect(outcome).toBe(429);
    await expect
      .poll(() => visitor.requests.filter((each) => each.includes("/authorize")).length)
      .toBeGreaterThan(FLOOD);
    await tab.close();
    await visitor.close();
    await expectSignIn();
  });
});

it("GW-7 GW-17 counts as before what says nothing of where it comes from: programs, and old browsers", async () => {
  const from = ["127.0.2.1"];
  expect(await flood(authorizePath(), {}, from)).toEqual(new Set([200, 429]));
  expect(await flood("/callback", {}, from)).toEqual(new Set([429]));
  const body = "grant_type=refresh_token&refresh_token=x";
  expect(await flood("/token", { method: "POST", headers: FORM, body }, from)).toContain(429);
});
