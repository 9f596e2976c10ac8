import { request as httpRequest } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const UNLIMITED = { calls: 1_000_000, period: 300 };
/** From one address, and from how many such addresses until all are turned away. */
const AT_ONE = 3;
const ADDRESSES = 4;

const twin = useOwnTwin(() => ({
  clients: [
    "spelled client",
    "by-basic",
    "by-assertion",
    "by-assertion-beside-nothing",
    "known",
    "revoking",
    "asking",
    "authorizing",
  ].map((name) => ({
    id: name.replace(" ", "-"),
    name,
    redirectUris: ["http://localhost:9999/callback"],
  })),
  rateLimits: {
    register: UNLIMITED,
    signIn: UNLIMITED,
    token: UNLIMITED,
    mcp: UNLIMITED,
    client: { calls: AT_ONE, period: 300 },
    clientEverywhere: { calls: AT_ONE * ADDRESSES, period: 300 },
  },
}));
let victim: OAuthClient;
let other: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  victim = await OAuthClient.register(twin.origin);
  other = await OAuthClient.register(twin.origin);
  tokens = await victim.signIn(new Person(twin), "Mira Okafor");
});
interface Sent {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** Sends a request from one of loopback's addresses: 127.0.0.1 is where the victim's people are. */
function sendFrom(
  address: number,
  path: string,
  options: { form?: Readonly<Record<string, string>>; headers?: Readonly<Record<string, string>> } = {},
): Promise<Sent> {
  const { hostname, port } = new URL(twin.origin);
  const body = options.form && new URLSearchParams(options.form).toString();
  const headers = {
    ...(body === undefined
      ? {}
      : { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: hostname === "localhost" ? "127.0.0.1" : hostname,
        port,
        path,
        method: body === undefined ? "GET" : "POST",
        headers: { host: new URL(twin.origin).host, ...headers },
        localAddress: `127.0.0.${address}`,
        agent: false,
        signal: AbortSignal.timeout(PATIENCE_MS),
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const header = (name: string) => response.headersDistinct[name]?.join(", ");
        resolve({ status: response.statusCode ?? 0, header, text: Buffer.concat(chunks).toString("utf8") });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

/** Sends so many requests from each of so many addresses, the first of which is 127.0.0.2. @returns their statuses */
async function flood(
  one: (address: number) => Promise<Sent>,
  each: number,
  addresses: number,
): Promise<number[]> {
  const statuses: number[] = [];
  for (let address = 2; address < 2 + addresses; address++) {
    for (let i = 0; i < each; i++) statuses.push((await one(address)).status);
  }
  return statuses;
}

const guess = (id: string, address: number, headers: Readonly<Record<string, string>> = {}) =>
  sendFrom(address, "/token", {
    form: { grant_type: "refresh_token", client_id: id, refresh_token: "guessed" },
    headers,
  });

/** Says whose it is, under a signature of nobody. */
function assertionOf(id: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ sub: id })}.${"a".repeat(86)}`;
}

describe("a client that floods /token", () => {
  it("GW-7 GW-8 is limited at one address before others there are, with 429 that a page's script may read", async () => {
    const { id } = await OAuthClient.register(twin.origin);
    const inPage = { origin: "https://app.example" };
    expect(await flood((address) => guess(id, address), AT_ONE, 1)).not.toContain(429);
    expect((await guess(id, 2)).status).toBe(429);
    expect(await flood((address) => guess(id, address, inPage), AT_ONE, 1)).not.toContain(429);
    const limited = await guess(id, 2, inPage);
    expect(limited.status).toBe(429);
    expect(Number(limited.header("retry-after"))).toBeGreaterThan(0);
    expect(limited.header("access-control-allow-origin")).toBe("*");
    expect(limited.header("access-control-expose-headers")).toContain("Retry-After");
    expect(JSON.parse(limited.text)).toMatchObject({ error: "temporarily_unavailable" });
    expect((await guess(id, 3)).status).not.toBe(429);
    expect((await guess(other.id, 2)).status).not.toBe(429);
  });

  it("GW-7 is limited from however many addresses, and no other client is; nor are its people where it has tokens", async () => {
    const statuses = await flood((address) => guess(victim.id, address), AT_ONE, ADDRESSES + 3);
    // One of them was the sign-in, from which on its address is known.
    expect(statuses.filter((status) => status !== 429)).toHaveLength(AT_ONE * ADDRESSES - 1);
    expect((await guess(victim.id, 100)).status).toBe(429);
    expect((await guess(other.id, 100)).status).not.toBe(429);
    const refreshed = await victim.refresh(tokens.refreshToken);
    expect([refreshed.status, typeof refreshed.json["access_token"]]).toEqual([200, "string"]);
  });

  it.each<[how: string, client: string, named: (id: string) => Parameters<typeof sendFrom>[2]]>([
    [
      "in a Basic header",
      "by-basic",
      (id) => ({
        form: { grant_type: "refresh_token" },
        headers: { authorization: `Basic ${Buffer.from(`${id}:`).toString("base64")}` },
      }),
    ],
    [
      "in a Basic header with another spelling",
      "spelled-client",
      (id) => {
        const spelled = id.replace("s", `%${"s".charCodeAt(0).toString(16)}`);
        return {
          form: { grant_type: "refresh_token" },
          headers: { authorization: `basic ${Buffer.from(`${spelled}:x`).toString("base64")}` },
        };
      },
    ],
    [
      "in an assertion alone",
      "by-assertion",
      (id) => ({ form: { grant_type: "refresh_token", client_assertion: assertionOf(id) } }),
    ],
    [
      "in an assertion beside an empty client_id",
      "by-assertion-beside-nothing",
      (id) => ({ form: { grant_type: "refresh_token", client_id: "", client_assertion: assertionOf(id) } }),
    ],
  ])("GW-7 is the same client when it names itself %s", async (_, id, named) => {
    await flood((address) => guess(id, address), AT_ONE, 1);
    expect((await sendFrom(2, "/token", named(id))).status).toBe(429);
    expect((await sendFrom(3, "/token", named(id))).status).not.toBe(429);
  });

  it("GW-7 is counted at /revoke and /introspect as at /token", async () => {
    const form = { client_id: "revoking", token: "guessed" };
    for (const path of ["/revoke", "/introspect", "/token"]) await sendFrom(2, path, { form });
    for (const path of ["/revoke", "/introspect", "/token"]) {
      expect((await sendFrom(2, path, { form })).status).toBe(429);
    }
  });

  it("GW-7 makes no address known by what /revoke answers to anybody", async () => {
    const form = { client_id: "asking", token: "guessed" };
    expect(
      await flood((address) => sendFrom(address, "/revoke", { form }), 1, AT_ONE * ADDRESSES),
    ).not.toContain(429);
    expect((await sendFrom(2, "/revoke", { form })).status).toBe(429);
  });

  it("GW-7 TOK-3 leaves the form whole for the authorization server", async () => {
    const again = await OAuthClient.register(twin.origin);
    await expect(again.signIn(new Person(twin), "Jonas Lindqvist")).resolves.toBeDefined();
  });
});

describe("a client in whose name /authorize is flooded", () => {
  it("GW-7 GW-8 is limited with a page, at one address and from all, and no other client is", async () => {
    const open = (id: string, address: number) => sendFrom(address, `/authorize?client_id=${id}`);
    const statuses = await flood((address) => open("authorizing", address), AT_ONE + 1, 1);
    expect(statuses.at(-1)).toBe(429);
    const everywhere = await flood((address) => open("authorizing", address + 1), AT_ONE, ADDRESSES);
    expect(everywhere.filter((status) => status === 429)).toHaveLength(AT_ONE);
    const limited = await open("authorizing", 100);
    expect(limited.status).toBe(429);
    expect(limited.header("content-type")).toContain("text/html");
    expect(Number(limited.header("retry-after"))).toBeGreaterThan(0);
    expect(plainText(limited.text)).toContain("Too many requests");
    expect((await open("known", 2)).status).not.toBe(429);
    expect((await guess("authorizing", 2)).status).not.toBe(429);
  });
});
