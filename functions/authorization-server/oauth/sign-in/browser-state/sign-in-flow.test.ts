import { randomBytes } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../../crypto/seal.ts";
import type { DataKey, KeyRing } from "../../../keys/key-ring.ts";
import { withCookies } from "../../../testing/calls.ts";
import { makeClock } from "../../../testing/clock.ts";
import { refusalOf } from "../../../testing/failure.ts";
import { resolvedGateway } from "../../../testing/gateway.ts";
import { makeKeyRing } from "../../../testing/keys.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { checkSize } from "../checks/check-size.ts";
import { endFlow, flowCookies, flowIdOf, openFlow } from "./sign-in-flow.ts";
import { newSignInId } from "./sign-in-id.ts";

const request: AuthorizationRequest = {
  client: { id: "client", name: "Client", grantTypes: ["authorization_code"], useIsWorthNoting: true },
  redirectUri: "https://client.example/cb",
  state: "state",
  challenge: "c".repeat(43),
  servers: ["graph"],
  scopes: ["mcp.tools"],
};
// As msal makes them: 32 random bytes in base64url, and a GUID.
const entra = { verifier: "v".repeat(43), nonce: "1b4e28ba-2fa1-11d2-883f-0016d3cca427" };

let keys: KeyRing;
let clock = makeClock();
beforeAll(async () => {
  keys = await makeKeyRing();
});
beforeEach(() => {
  clock = makeClock();
});

const needs = () => ({ gateway: resolvedGateway(), keys, now: clock.now });

/** Approves a request in a browser with these cookies. Gives the flow's ID and the cookies it holds then. */
async function approve(held: readonly string[] = [], approved: AuthorizationRequest = request) {
  const id = newSignInId(clock.now(), withCookies(held));
  const cookies = await flowCookies(needs(), withCookies(held), id, { request: approved, entra });
  return { id, cookies, held: [...held, ...cookies] };
}

/** Approves several requests one after the other in one browser. */
async function approveMany(requests: readonly AuthorizationRequest[]) {
  const ids: string[] = [];
  let held: readonly string[] = [];
  for (const each of requests) {
    clock.advance(1);
    const approved = await approve(held, each);
    held = approved.held;
    ids.push(approved.id);
  }
  const open = await Promise.all(ids.map((id) => openFlow(needs(), withCookies(held), id)));
  return { held, open: open.map((flow) => flow !== undefined) };
}

/** Printable characters that no compression makes much of. */
function noise(length: number): string {
  const characters = [...randomBytes(length)].map((byte) => String.fromCharCode(0x23 + (byte % 92)));
  return characters.join("").replaceAll("\\", "/");
}

/** The largest request that {@link checkSize} lets through. */
function largest(): AuthorizationRequest {
  const long: AuthorizationRequest = {
    client: {
      id: noise(128),
      name: noise(120),
      grantTypes: ["authorization_code", "refresh_token"],
      useIsWorthNoting: false,
    },
    redirectUri: `https://client.example/${noise(1001)}`,
    challenge: "c".repeat(43),
    servers: ["s".repeat(31)],
    scopes: [noise(64), noise(64), "offline_access"],
    state: "",
  };
  const full = { ...long, state: noise(2400 - Buffer.byteLength(JSON.stringify(long))) };
  checkSize(full);
  refusalOf(() => checkSize({ ...full, state: `${full.state}s` }));
  return full;
}

describe("a sign-in flow", () => {
  it("CAL-1 opens in the browser that approved it", async () => {
    const { id, held } = await approve();
    const expiresAt = clock.now() + 600;
    expect(await openFlow(needs(), withCookies(held), id)).toEqual({ request, entra, expiresAt });
  });

  it("CAL-1 lies in a cookie that no other host, no script and no foreign request can use", async () => {
    const { id, cookies } = await approve();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(
      /^__Host-sign-in-[\w.-]+=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
    expect(cookies[0]).toContain(`__Host-sign-in-${id}=`);
  });

  it("CAL-1 does not open in another browser, nor with another flow's cookie", async () => {
    const { id, cookies } = await approve();
    const other = await approve();
    expect(await openFlow(needs(), withCookies([]), id)).toBeUndefined();
    expect(await openFlow(needs(), withCookies(other.held), id)).toBeUndefined();
    const moved = (cookies[0] ?? "").replace(id, other.id);
    expect(await openFlow(needs(), withCookies([moved]), other.id)).toBeUndefined();
  });

  it("CAL-1 is over once it was ended", async () => {
    const { id, held } = await approve();
    expect(endFlow(id)).toMatch(/=; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0$/);
    expect(await openFlow(needs(), withCookies([...held, endFlow(id)]), id)).toBeUndefined();
  });

  it("CAL-1 shows nothing of what is in it", async () => {
    const { cookies } = await approve();
    const shown = (cookies[0] ?? "")
      .split(/[.=;]/)
      .map((part) => Buffer.from(part, "base64url").toString("latin1"));
    for (const secret of [entra.verifier, entra.nonce, "client.example"]) {
      expect(`${cookies[0]} ${shown.join(" ")}`).not.toContain(secret);
    }
  });

  it("CAL-1 does not open when it was changed", async () => {
    const { id, cookies } = await approve();
    const [, value = ""] = /=([^;]+)/.exec(cookies[0] ?? "") ?? [];
    for (const part of value.split(".").filter(Boolean)) {
      const changed = value.replace(part, (part.startsWith("A") ? "B" : "A") + part.slice(1));
      expect(await openFlow(needs(), withCookies([`__Host-sign-in-${id}=${changed}`]), id)).toBeUndefined();
    }
  });

  it("TOK-9 does not open what was sealed for another purpose", async () => {
    const id = newSignInId(clock.now(), withCookies([]));
    const content = JSON.stringify({ request, entra, expiresAt: clock.now() + 600 });
    const cookie = async (purpose: "consent" | "sign-in") => [
      `__Host-sign-in-${id}=${await seal(keys, purpose, id, content)}`,
    ];
    expect(await openFlow(needs(), withCookies(await cookie("sign-in")), id)).toBeDefined();
    expect(await openFlow(needs(), withCookies(await cookie("consent")), id)).toBeUndefined();
  });

  it.each(["", "x", "__proto__", "a.b", `1.${"x".repeat(22)}\n`, `1.${"x".repeat(21)}=`])(
    "does not open under the ID %j, whatever cookies there are",
    async (id) => {
      const { held } = await approve();
      const browser = new Request("https://as.example/", {
        headers: { cookie: `${withCookies(held).headers.get("cookie")}; __Host-sign-in-${id.trim()}=x` },
      });
      expect(await openFlow(needs(), browser, id)).toBeUndefined();
    },
  );
});

describe("several sign-in flows in one browser", () => {
  it("CON-4 all open", async () => {
    const { open } = await approveMany(Array(5).fill(request));
    expect(open).toEqual(Array(5).fill(true));
  });

  it("CON-4 push out the oldest beyond five", async () => {
    const { open, held } = await approveMany(Array(8).fill(request));
    expect(open).toEqual([false, false, false, ...Array(5).fill(true)]);
    expect((withCookies(held).headers.get("cookie") ?? "").split("; ")).toHaveLength(5);
  });

  it("CON-4 push out the oldest in whatever order the browser sends its cookies", async () => {
    const { held } = await approveMany(Array(5).fill(request));
    const oldest = withCookies(held).headers.get("cookie")?.split("=")[0];
    for (const cookies of [held, [...held].reverse(), [...held.slice(3), ...held.slice(0, 3)]]) {
      clock.advance(1);
      const [pushedOut, ...more] = (await approve(cookies)).cookies;
      expect(pushedOut).toMatch(new RegExp(`^${oldest}=;.* Max-Age=0$`));
      expect(more).toHaveLength(1);
    }
  });

  it("CON-4 push out no other cookie", async () => {
    const others = ["__Host-consent-x=1; Path=/", "__Host-sign-in-=1; Path=/", "other=1; Path=/"];
    const many = Array.from({ length: 8 }, (_, i) => `__Host-consent-${i}=1; Path=/`);
    for (const held of [others, many]) expect((await approve(held)).cookies).toHaveLength(1);
  });

  it("CON-4 sort by age, also over the years", () => {
    const times = [1, 35, 36, 1e9, 1.8e9, 1.8e9 + 1, 2e9];
    const ids = times.filter((time) => time >= 1e9).map((time) => newSignInId(time, withCookies([])));
    expect([...ids].sort()).toEqual(ids);
  });
});

describe("a flow that a consent form began", () => {
  it("CON-7 is found by what the form carried, in the browser that holds its cookie, as long as it does", async () => {
    const transaction = "sealed.transaction";
    const id = newSignInId(clock.now(), withCookies([]), transaction);
    const cookies = await flowCookies(needs(), withCookies([]), id, { request, entra });
    const other = await approve(cookies);
    expect(flowIdOf(withCookies(other.held), transaction)).toBe(id);
    expect(flowIdOf(withCookies(other.held), "another.transaction")).toBeUndefined();
    expect(flowIdOf(withCookies([]), transaction)).toBeUndefined();
    expect(flowIdOf(withCookies([...other.held, endFlow(id)]), transaction)).toBeUndefined();
    expect(await openFlow(needs(), withCookies(other.held), id)).toMatchObject({ request, entra });
  });

  it.each(["", "x", ".", "a=b", "__proto__"])("CON-7 is not found by %j", async (transaction) => {
    const { held } = await approve(["__Host-consent-x=1; Path=/", "other=1; Path=/"]);
    expect(flowIdOf(withCookies(held), transaction)).toBeUndefined();
  });

  it("CON-7 has an ID as any other flow's, and shows nothing of the form", () => {
    const id = newSignInId(clock.now(), withCookies([]), "transaction");
    expect(id).toMatch(/^[0-9a-z]+\.[\w-]{22}$/);
    expect(id).not.toContain("transaction");
  });
});

describe("the size of cookies", () => {
  /** A ring whose data key has an ID as long as a key vault's. */
  const longKid = (): KeyRing => {
    const renamed = async (key: DataKey) => ({ ...key, kid: "k".repeat(120) });
    return { ...keys, dataKey: async () => renamed(await keys.dataKey()) };
  };

  it("CON-4 stays under 4096 bytes, attributes included, for the largest request that is let through", async () => {
    const gateway = resolvedGateway({ lifetimes: { signIn: 3600 } });
    const id = newSignInId(clock.now(), withCookies([]));
    const context = { gateway, keys: longKid(), now: clock.now };
    const [cookie = ""] = await flowCookies(context, withCookies([]), id, {
      request: largest(),
      entra: { ...entra, signedInSince: clock.now() },
      again: true,
      anew: true,
    });
    expect(Buffer.byteLength(cookie)).toBeLessThan(4096);
    expect(Buffer.byteLength(cookie)).toBeGreaterThan(2700);
  });

  it("CON-4 lets a flow of any size live, and pushes out what is too large beside it", async () => {
    const { open, held } = await approveMany(Array(5).fill(largest()));
    expect(open).toEqual([false, false, false, false, true]);
    const cookie = withCookies(held).headers.get("cookie") ?? "";
    expect(cookie.length).toBeLessThan(3850);
  });

  it("CON-4 pushes the oldest out, not the largest", async () => {
    const { open } = await approveMany([request, request, largest(), request]);
    expect(open).toEqual([false, false, true, true]);
  });
});
