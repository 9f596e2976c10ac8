import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../../../../../config/schema.ts";
import { seal } from "../../../crypto/seal.ts";
import { KeyError, type KeyRing } from "../../../keys/key-ring.ts";
import { withCookies } from "../../../testing/calls.ts";
import { makeClock } from "../../../testing/clock.ts";
import { failureOf } from "../../../testing/failure.ts";
import { resolvedGateway } from "../../../testing/gateway.ts";
import { makeKeyRing } from "../../../testing/keys.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { withoutRefresh } from "../choice.ts";
import { decisionCookies, memoryFor, rememberedDecision } from "./remembered-decision.ts";

const DAY = 86_400;
const ON = { consent: { remember: { approvals: 30 * DAY, denials: DAY } } };

const authorization: AuthorizationRequest = {
  client: { id: "client", name: "Client", grantTypes: ["authorization_code"], useIsWorthNoting: false },
  redirectUri: "https://client.example/cb",
  state: "s",
  challenge: "c".repeat(43),
  servers: ["graph", "notes"],
  scopes: ["mcp.tools", "notes.read"],
};

type Decision = "allow" | "deny";

let keys: KeyRing;
let clock = makeClock();
beforeAll(async () => {
  keys = await makeKeyRing();
});
beforeEach(() => {
  clock = makeClock();
});

const needs = (config: Partial<GatewayConfigInput> = ON) => ({
  gateway: resolvedGateway(config),
  keys,
  now: clock.now,
});

interface Visit {
  /** `Sec-Fetch-Site`; null: the browser does not send it. */
  readonly site?: string | null;
  readonly query?: string;
  readonly config?: Partial<GatewayConfigInput>;
}

/** Opens /authorize in a browser that holds these cookies. */
async function recall(
  held: readonly string[],
  request: AuthorizationRequest = authorization,
  { site = "none", query = "", config }: Visit = {},
): Promise<Decision | undefined> {
  const headers = new Headers(withCookies(held).headers);
  if (site !== null) headers.set("sec-fetch-site", site);
  const opened = new Request(`https://gw.example/authorize?client_id=client${query}`, { headers });
  return decisionIn(await rememberedDecision(needs(config), opened, request));
}

function decisionIn(remembered: Awaited<ReturnType<typeof rememberedDecision>>): Decision | undefined {
  return typeof remembered === "object" ? "allow" : remembered;
}

/** Decides in a browser that holds these cookies. Gives those it holds then. */
async function decide(
  decision: Decision,
  held: readonly string[] = [],
  request: AuthorizationRequest = authorization,
  remember = true,
): Promise<string[]> {
  return [
    ...held,
    ...(await decisionCookies(
      needs(),
      withCookies(held),
      request,
      decision === "deny" ? "deny" : request,
      remember,
    )),
  ];
}

const heldCookies = (held: readonly string[]) =>
  (withCookies(held).headers.get("cookie") ?? "").split("; ").filter(Boolean);

describe("a remembered decision", () => {
  it.each(["allow", "deny"] as const)(
    "CON-5 is known again in the browser where it was made: %s",
    async (decision) => {
      const held = await decide(decision);
      expect(await recall(held)).toBe(decision);
      expect(await recall([])).toBeUndefined();
    },
  );

  it("CON-5 lies in a cookie that no other host and no script can use, and that shows nothing", async () => {
    const [cookie = ""] = await decide("allow");
    expect(cookie).toMatch(
      /^__Host-decision-[\w-]{22}\.[\w-]{22}=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    );
    const shown = cookie.split(/[.=;]/).map((part) => Buffer.from(part, "base64url").toString("latin1"));
    expect(shown.join(" ")).not.toMatch(/client\.example|mcp\.tools|allow/);
  });

  it("CON-5 is never an approval of a request that named no server, which another server may have begun", async () => {
    const unnamed: AuthorizationRequest = { ...authorization, resourceLeftOut: true };
    expect(memoryFor(resolvedGateway(ON), unnamed)).toEqual({ deny: DAY });
    expect(await decide("allow", [], unnamed)).toEqual([]);
    expect(await recall(await decide("deny", [], unnamed), unnamed)).toBe("deny");
  });

  it("CON-5 is remembered only where the person wants it", async () => {
    expect(await decide("allow", [], authorization, false)).toEqual([]);
    expect(await decide("deny", [], authorization, false)).toEqual([]);
  });

  it("CON-5 is off unless the operator switches it on, for what was remembered before as well", async () => {
    const held = [
      ...(await decide("allow")),
      ...(await decide("deny", [], { ...authorization, servers: ["graph"] })),
    ];
    expect(await recall(held, authorization, { config: {} })).toBeUndefined();
    expect(memoryFor(resolvedGateway(), authorization)).toEqual({});
    expect(await decisionCookies(needs({}), withCookies([]), authorization, authorization, true)).toEqual([]);
    const denialsAlone = { consent: { remember: { denials: DAY } } };
    expect(await recall(held, authorization, { config: denialsAlone })).toBeUndefined();
  });

  it.each<[string, Partial<AuthorizationRequest>]>([
    ["another client", { client: { ...authorization.client, id: "thief" } }],
    ["a client of another name", { client: { ...authorization.client, name: "Bank" } }],
    ["another redirect URI", { redirectUri: "https://thief.example/cb" }],
    ["another path of it", { redirectUri: "https://client.example/cb2" }],
    ["more scopes", { scopes: ["mcp.tools", "mcp.admin", "notes.read"] }],
    ["fewer scopes", { scopes: ["mcp.tools"] }],
    ["staying connected", { scopes: ["mcp.tools", "notes.read", "offline_access"] }],
    ["another server", { servers: ["graph"] }],
    ["a request that names no server", { resourceLeftOut: true }],
  ])("CON-5 is not for %s", async (_, changes) => {
    for (const decision of ["allow", "deny"] as const) {
      const held = await decide(decision);
      expect(await recall(held, { ...authorization, ...changes })).toBeUndefined();
      // Nor when its cookie is put under the other's name.
      const [others = ""] = await decide(decision, [], { ...authorization, ...changes });
      const [name] = others.split("=");
      const value = /=([^;]+)/.exec(held[0] ?? "")?.[1] ?? "";
      expect(await recall([`${name}=${value}`], { ...authorization, ...changes })).toBeUndefined();
    }
  });

  it("CON-5 is for the same request with another state and verifier, and its scopes in any order", async () => {
    const held = await decide("allow");
    const again = {
      ...authorization,
      state: "t",
      challenge: "d".repeat(43),
      scopes: ["notes.read", "mcp.tools"],
    };
    expect(await recall(held, again)).toBe("allow");
  });

  it("CON-5 ends when the operator says something else of a server or scope", async () => {
    const held = await decide("allow");
    const { servers } = resolvedGateway();
    const [graph, notes] = servers;
    if (!graph || !notes) throw new Error("no servers");
    const readsMore = {
      ...notes,
      scopes: notes.scopes.map((each) => ({ ...each, description: "read all mail" })),
    };
    for (const [changed, expected] of [
      [[graph, notes], "allow"],
      [[graph, readsMore], undefined],
      [[graph, { ...notes, title: "Mail" }], undefined],
      [[graph], undefined],
    ] as const) {
      const gateway = { ...needs().gateway, servers: [...changed] };
      const opened = new Request("https://gw.example/authorize?x", { headers: withCookies(held).headers });
      opened.headers.set("sec-fetch-site", "none");
      const remembered = await rememberedDecision({ ...needs(), gateway }, opened, authorization);
      expect(decisionIn(remembered)).toBe(expected);
    }
  });

  it.each(["cross-site", "same-site", "same-origin", "", "None", null])(
    "CON-5 does not count when a page brought the person, or might have: Sec-Fetch-Site %j",
    async (site) => {
      expect(await recall(await decide("allow"), authorization, { site })).toBeUndefined();
      expect(await recall(await decide("deny"), authorization, { site })).toBeUndefined();
    },
  );

  it.each(["&prompt=consent", "&prompt=login", "&prompt=login%20consent", "&prompt="])(
    "CON-5 does not count when the client wants the person asked: %s",
    async (query) => {
      expect(await recall(await decide("allow"), authorization, { query })).toBeUndefined();
    },
  );

  it("CON-5 ends to the second, and at once when the operator shortens it", async () => {
    const held = await decide("allow");
    clock.advance(30 * DAY - 1);
    expect(await recall(held)).toBe("allow");
    const shorter = { consent: { remember: { approvals: 29 * DAY } } };
    expect(await recall(held, authorization, { config: shorter })).toBeUndefined();
    clock.advance(1);
    expect(await recall(held)).toBeUndefined();
  });

  it.each(["http://localhost:6274/cb", "http://127.0.0.1/cb", "https://localhost/cb", "cursor://cb"])(
    "CON-5 is no approval where any program on the device may get the answer: %s",
    async (redirectUri) => {
      const onDevice = { ...authorization, redirectUri };
      expect(memoryFor(needs().gateway, onDevice)).toEqual({ deny: DAY });
      expect(await decide("allow", [], onDevice)).toEqual([]);
      expect(await recall(await decide("deny", [], onDevice), onDevice)).toBe("deny");
    },
  );

  it("CON-5 does not open when anything of its cookie was changed, or its time was moved", async () => {
    const [cookie = ""] = await decide("allow");
    const [, name, time, sealed = ""] = /^([^=]+)=([^.]+)\.([^;]+)/.exec(cookie) ?? [];
    const later = (clock.now() + DAY).toString(36);
    for (const value of [
      `${later}.${sealed}`,
      `${time}.${sealed.slice(0, -4)}AAAA`,
      `${time}.${sealed.slice(0, 50)}`,
      `${time}.`,
      sealed,
      "allow",
      `${time}.${Buffer.from('{"alg":"none"}').toString("base64url")}....`,
    ]) {
      expect(await recall([`${name}=${value}`])).toBeUndefined();
    }
  });

  it("TOK-9 CON-5 does not open what was sealed for another purpose, or says something else", async () => {
    const [cookie = ""] = await decide("allow");
    const [, name = "", hash, time] = /^([^=]+\.([\w-]+))=([^.]+)/.exec(cookie) ?? [];
    const record = `${hash}.${clock.now()}`;
    const put = async (purpose: "decision" | "consent", text: string) =>
      recall([`${name}=${time}.${await seal(keys, purpose, record, text)}`]);
    expect(await put("decision", "allow")).toBe("allow");
    expect(await put("consent", "allow")).toBeUndefined();
    expect(await put("decision", "constructor")).toBeUndefined();
  });

  it("CON-5 gives way to a later one: the last word counts", async () => {
    const allowed = await decide("allow");
    const denied = await decide("deny", allowed);
    expect(await recall(denied)).toBe("deny");
    expect(heldCookies(denied)).toHaveLength(1);
    expect(await recall(await decide("allow", denied, authorization, false))).toBeUndefined();
  });

  it("CON-5 leaves what else was allowed the client, and every cookie of another kind", async () => {
    const other = { ...authorization, servers: ["notes"] };
    const foreign = `__Host-consent-${"c".repeat(43)}=x; Path=/`;
    let held = [foreign, ...(await decide("allow"))];
    held = await decide("allow", held, other);
    expect(await recall(held)).toBe("allow");
    expect(await recall(held, other)).toBe("allow");
    for (let index = 0; index < 6; index++) {
      clock.advance(1);
      held = await decide("allow", held, {
        ...authorization,
        client: { ...authorization.client, id: `${index}` },
      });
    }
    expect(heldCookies(held)).toContain(`__Host-consent-${"c".repeat(43)}=x`);
  });

  it("CON-5 takes the same request's cookie away once, where the decision is made anew", async () => {
    const held = await decide("allow");
    clock.advance(1);
    const set = await decisionCookies(needs(), withCookies(held), authorization, authorization, true);
    expect(set).toHaveLength(1);
    expect(set[0]).toMatch(/Max-Age=2592000$/);
  });

  it("CON-5 is an outage, and not forgotten, when its key cannot be had", async () => {
    const held = await decide("allow");
    const fault = new KeyError("unavailable", "429 Throttled");
    const out = { ...needs(), keys: { ...keys, dataKeyById: () => Promise.reject(fault) } };
    const headers = new Headers(withCookies(held).headers);
    headers.set("sec-fetch-site", "none");
    const opened = new Request("https://gw.example/authorize?client_id=client", { headers });
    expect(await failureOf(rememberedDecision(out, opened, authorization))).toBe(fault);
  });

  it("CON-5 is forgotten with all others of the client when the person denies it anything", async () => {
    const other = { ...authorization, servers: ["notes"] };
    const strangers = { ...authorization, client: { ...authorization.client, id: "stranger" } };
    let held = await decide("allow");
    held = await decide("allow", held, other);
    held = await decide("allow", held, strangers);
    held = await decide("deny", held, { ...authorization, servers: ["graph"] }, false);
    expect(await recall(held)).toBeUndefined();
    expect(await recall(held, other)).toBeUndefined();
    expect(await recall(held, strangers)).toBe("allow");
  });

  it("CON-8 CON-5 holds for the scopes that were chosen, and for no request for more", async () => {
    const asked = { ...authorization, scopes: ["mcp.tools", "mcp.admin", "notes.read"] };
    const chosen = { ...asked, scopes: ["mcp.tools", "notes.read"], leftOut: ["mcp.admin"] };
    const held = await decisionCookies(needs(), withCookies([]), asked, chosen, true);
    expect(await recall(held, { ...asked, scopes: chosen.scopes })).toBe("allow");
    expect(await recall(held, asked)).toBeUndefined();
    expect(await recall(held, { ...asked, scopes: ["mcp.tools"] })).toBeUndefined();
  });

  it("CON-8 CON-5 holds without a refresh token where the person left that out", async () => {
    const asked = {
      ...authorization,
      client: { ...authorization.client, grantTypes: ["authorization_code", "refresh_token"] as const },
    };
    for (const scopes of [asked.scopes, [...asked.scopes, "offline_access"]]) {
      const request = { ...asked, scopes };
      const chosen = withoutRefresh(request);
      const held = await decisionCookies(needs(), withCookies([]), request, chosen, true);
      const headers = new Headers(withCookies(held).headers);
      headers.set("sec-fetch-site", "none");
      const opened = new Request("https://gw.example/authorize?x", { headers });
      expect(await rememberedDecision(needs(), opened, request)).toEqual(chosen);
      expect(await rememberedDecision(needs(), opened, authorization)).toBeUndefined();
    }
  });

  it("CON-8 CON-5 forgets all else of the client when the person leaves anything out", async () => {
    const wider = { ...authorization, scopes: ["mcp.tools", "mcp.admin", "notes.read"] };
    const held = await decide("allow", [], wider);
    const chosen = { ...authorization, scopes: ["mcp.tools"], leftOut: ["notes.read"] };
    for (const remember of [true, false]) {
      const after = await decisionCookies(needs(), withCookies(held), authorization, chosen, remember);
      expect(await recall([...held, ...after], wider)).toBeUndefined();
    }
  });

  it("CON-4 CON-5 leaves few and small cookies: the oldest beyond four goes", async () => {
    const longKid: KeyRing = {
      ...keys,
      dataKey: async () => ({ ...(await keys.dataKey()), kid: "k".repeat(120) }),
    };
    const requests = Array.from({ length: 7 }, (_, index) => ({
      ...authorization,
      client: { ...authorization.client, id: `client-${index}` },
    }));
    let held: string[] = [];
    for (const request of requests) {
      clock.advance(1);
      held = await decide("allow", held, request);
    }
    const known = await Promise.all(requests.map((request) => recall(held, request)));
    expect(known.map((each) => each !== undefined)).toEqual([false, false, false, true, true, true, true]);
    expect(heldCookies(held)).toHaveLength(4);
    const [largest = ""] = await decisionCookies(
      { ...needs(), keys: longKid },
      withCookies([]),
      authorization,
      authorization,
      true,
    );
    expect(largest.length).toBeLessThan(650);
  });
});
