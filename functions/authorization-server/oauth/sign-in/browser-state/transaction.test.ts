import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../../crypto/seal.ts";
import { hashOf, randomSecret } from "../../../crypto/secrets.ts";
import { KeyError, type KeyRing } from "../../../keys/key-ring.ts";
import { withCookies } from "../../../testing/calls.ts";
import { makeClock } from "../../../testing/clock.ts";
import { resolvedGateway } from "../../../testing/gateway.ts";
import { makeKeyRing } from "../../../testing/keys.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { openTransaction, startTransaction } from "./transaction.ts";

const authorization: AuthorizationRequest = {
  client: {
    id: "client",
    name: "Größe",
    grantTypes: ["authorization_code"],
    useIsWorthNoting: false,
  },
  redirectUri: "https://client.example/cb",
  state: "a+/=",
  challenge: "c".repeat(43),
  servers: ["graph"],
  scopes: ["mcp.tools"],
};

let keys: KeyRing;
let clock = makeClock();
beforeAll(async () => {
  keys = await makeKeyRing();
});
beforeEach(() => {
  clock = makeClock();
});

const needs = () => ({ gateway: resolvedGateway(), keys, now: clock.now });
/** Shows a consent page to a browser with these cookies. Gives the form's value and the cookies it holds then. */
async function show(held: readonly string[] = [], request: AuthorizationRequest = authorization) {
  const { transaction, cookies } = await startTransaction(needs(), withCookies(held), request);
  return { transaction, cookies, held: [...held, ...cookies] };
}
const open = (held: readonly string[], transaction: string) =>
  openTransaction(needs(), withCookies(held), transaction);

describe("a consent transaction", () => {
  it("CON-3 opens in the browser that it was shown in", async () => {
    const { transaction, held } = await show();
    expect(await open(held, transaction)).toEqual(authorization);
  });

  it("CON-3 sets cookies that no other host, no script and no foreign form can use", async () => {
    const { cookies } = await show();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(
      /^__Host-consent-[\w-]+=[\w.-]{43,}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  it("CON-3 does not open without the browser's cookie, nor in another browser", async () => {
    const { transaction } = await show();
    const other = await show();
    expect(await open([], transaction)).toBeUndefined();
    expect(await open(other.held, transaction)).toBeUndefined();
  });

  it("CON-3 does not open with the cookie of another page in the same browser", async () => {
    const one = await show();
    const two = await show(one.held);
    const value = (cookie = "") => /=([^;]+)/.exec(cookie)?.[1] ?? "";
    const mixed = (two.cookies[0] ?? "").replace(value(two.cookies[0]), value(one.cookies[0]));
    expect(await open([...one.held, mixed], two.transaction)).toBeUndefined();
  });

  it("CON-4 opens two pages of one browser, in any order, and twice", async () => {
    const one = await show();
    const two = await show(one.held, { ...authorization, state: "two" });
    expect((await open(two.held, two.transaction))?.state).toBe("two");
    expect((await open(two.held, one.transaction))?.state).toBe("a+/=");
    expect((await open(two.held, one.transaction))?.state).toBe("a+/=");
  });

  it("CON-4 opens two pages that were asked for at the same moment", async () => {
    const [one, two] = await Promise.all([show(), show()]);
    const held = [...one.held, ...two.held];
    expect(await open(held, one.transaction)).toBeDefined();
    expect(await open(held, two.transaction)).toBeDefined();
  });

  it("CON-4 keeps the cookies bounded: the oldest of more than eight pages goes", async () => {
    const pages = [await show()];
    for (let i = 1; i < 10; i++) {
      clock.advance(1);
      pages.push(await show(pages.at(-1)?.held));
    }
    const held = pages.at(-1)?.held ?? [];
    const cookie = withCookies(held).headers.get("cookie") ?? "";
    expect(cookie.split("; ")).toHaveLength(8);
    expect(cookie.length).toBeLessThan(1120);
    const opened = await Promise.all(pages.map(({ transaction }) => open(held, transaction)));
    expect(opened.map((each) => each !== undefined)).toEqual([false, false, ...Array(8).fill(true)]);
  });

  it("CON-4 lets the oldest page go in whatever order the browser sends its cookies", async () => {
    const pages = [await show()];
    for (let i = 1; i < 8; i++) {
      clock.advance(1);
      pages.push(await show(pages.at(-1)?.held));
    }
    const held = pages.at(-1)?.held ?? [];
    for (const cookies of [held, [...held].reverse(), [...held.slice(5), ...held.slice(0, 5)]]) {
      clock.advance(1);
      const after = [...cookies, ...(await show(cookies)).cookies];
      const opened = await Promise.all(pages.map(({ transaction }) => open(after, transaction)));
      expect(opened.map((each) => each !== undefined)).toEqual([false, ...Array(7).fill(true)]);
    }
  });

  it("CON-4 lets no other cookie go", async () => {
    const others = Array.from({ length: 12 }, (_, i) => `__Host-sign-in-${i}=x; Path=/`);
    expect((await show(others)).cookies).toHaveLength(1);
  });

  it("ends to the second", async () => {
    const { transaction, held } = await show();
    clock.advance(599);
    expect(await open(held, transaction)).toBeDefined();
    clock.advance(1);
    expect(await open(held, transaction)).toBeUndefined();
  });

  it("CON-3 does not open when anything of it was changed or cut off", async () => {
    const { transaction, held } = await show();
    const parts = transaction.split(/[.:]/);
    for (const part of parts.filter(Boolean)) {
      const changed = transaction.replace(part, (part.startsWith("A") ? "B" : "A") + part.slice(1));
      expect(await open(held, changed)).toBeUndefined();
    }
    for (let length = 0; length < transaction.length; length += 50) {
      expect(await open(held, transaction.slice(0, length))).toBeUndefined();
    }
  });

  it.each(["", ":", "x:y", "__proto__", `${"x".repeat(70_000)}`])(
    "does not open %.20j",
    async (transaction) => {
      const { held } = await show();
      expect(await open(held, transaction)).toBeUndefined();
    },
  );

  it("SES-4 says so when its key cannot be had now, and is good again when it can", async () => {
    const { held, transaction } = await show();
    const outage = new KeyError("unavailable", "429 Throttled");
    const down = { ...keys, dataKeyById: () => Promise.reject(outage) };
    const request = withCookies(held);
    await expect(openTransaction({ keys: down, now: clock.now }, request, transaction)).rejects.toBe(outage);
    expect(await open(held, transaction)).toEqual(authorization);
  });

  it("TOK-9 does not open what was sealed for another purpose, though all else is right", async () => {
    const secret = randomSecret();
    const content = JSON.stringify({ request: authorization, expiresAt: clock.now() + 600 });
    const openSealed = async (purpose: "consent" | "sign-in") => {
      const sealed = await seal(keys, purpose, hashOf(secret), content);
      return open([`__Host-consent-${hashOf(sealed)}=${secret}; Path=/`], sealed);
    };
    expect(await openSealed("consent")).toEqual(authorization);
    expect(await openSealed("sign-in")).toBeUndefined();
  });

  it("shows nothing of the request, nor of the cookie's value, in the form", async () => {
    const { transaction, cookies } = await show();
    const secret = /=([^;]+);/.exec(cookies[0] ?? "")?.[1] ?? "";
    const shown = transaction.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    expect(secret.length).toBeGreaterThanOrEqual(43);
    expect(`${transaction} ${shown.join(" ")}`).not.toContain(secret);
    expect(shown.join(" ")).not.toContain("client.example");
  });
});
