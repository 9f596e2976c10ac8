import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seal, unseal } from "../../functions/authorization-server/crypto/seal.ts";
import { KeyError, type KeyRing } from "../../functions/authorization-server/keys/key-ring.ts";
import { circuit } from "../../functions/authorization-server/resilience/circuit.ts";
import { startIdentities, type TestIdentities } from "../support/identities.ts";
import {
  ACTIVATION,
  DATA_KEY_PERIOD,
  SIGNING,
  startTestVault,
  type TestVault,
  TOKEN_LIFETIME,
  WRAPPING,
} from "../support/key-vault.ts";

const MARGIN = 3600;
const REREAD = 300;
const PAUSE = 5;
const input = Buffer.from("eyJ0eXAiOiJhdCtqd3QifQ.e30");

let identities: TestIdentities;
let test: TestVault;
beforeAll(async () => {
  identities = await startIdentities();
});
afterAll(() => identities.stop());
beforeEach(async () => {
  test = await startTestVault(identities);
});
afterEach(() => test.stop());

async function signOnce(ring: KeyRing): Promise<string> {
  const { kid, sign } = await ring.signingKey();
  await sign(input);
  return kid;
}

async function published(ring: KeyRing): Promise<(string | undefined)[]> {
  return (await ring.publicKeys()).keys.map((key) => key.kid);
}

/** Makes a new version of the signing key, younger than the one before. */
function rotate(): string {
  test.pass(1);
  return test.vault.rotate(SIGNING);
}

/** Lets a list that was fetched behind an answer arrive. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition).toBe(true);
}

describe("Key Vault in the hot path", () => {
  it("is asked for one signature a token, and for nothing else, nor is the store", async () => {
    const ring = test.ring();
    await signOnce(ring);
    const sealed = await seal(ring, "consent", "r", "text");
    test.vault.resetRequests();
    test.cosmos.resetOperations();
    for (let n = 0; n < 5; n++) {
      await signOnce(ring);
      await ring.publicKeys();
      await unseal(ring, "consent", "r", sealed);
      await seal(ring, "sign-in", "r", "text");
    }
    expect(test.vault.requests()).toEqual({ "sign 200": 5 });
    expect(test.cosmos.operations()).toEqual({});
  });

  it("is asked over one connection, also through a proxy", async () => {
    const ring = test.ring();
    await signOnce(ring);
    const before = test.vault.connections();
    for (let n = 0; n < 5; n++) await signOnce(ring);
    expect(test.vault.connections()).toBe(before);
  });

  it("signs RS256 over the very input", async () => {
    const ring = test.ring();
    const { sign, kid } = await ring.signingKey();
    const header = Buffer.from(JSON.stringify({ alg: "RS256", kid })).toString("base64url");
    const text = `${header}.${Buffer.from("{}").toString("base64url")}`;
    const token = `${text}.${Buffer.from(await sign(Buffer.from(text))).toString("base64url")}`;
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(await ring.publicKeys()));
    expect(protectedHeader.kid).toBe(kid);
  });

  it("fetches the list again now and then, and each public half once", async () => {
    const ring = test.ring();
    await published(ring);
    test.vault.resetRequests();
    test.pass(2 * REREAD);
    await published(ring);
    expect(test.vault.requests()).toEqual({ "versions 200": 1 });
  });

  it("lists versions over several pages", async () => {
    await test.stop();
    test = await startTestVault(identities, { pageSize: 1 });
    test.vault.rotate(SIGNING);
    test.vault.rotate(SIGNING);
    expect(await published(test.ring())).toHaveLength(3);
  });
});

describe("the signing key's versions", () => {
  it("SES-2 publishes a new version before it signs, and the old one until its last token expired", async () => {
    const ring = test.ring();
    const old = await signOnce(ring);
    const fresh = rotate();
    test.pass(2 * REREAD);
    expect(await published(ring)).toEqual([old, fresh]);
    expect(await signOnce(ring)).toBe(old);
    test.pass(ACTIVATION - 2 * REREAD - 1);
    expect(await signOnce(ring)).toBe(old);
    test.pass(1);
    expect(await signOnce(ring)).toBe(fresh);
    test.pass(TOKEN_LIFETIME + MARGIN - 1);
    expect(await published(ring)).toEqual([old, fresh]);
    test.pass(1);
    expect(await published(ring)).toEqual([fresh]);
  });

  it("signs with a new version at once when the old one is withdrawn, and no longer publishes that", async () => {
    const ring = test.ring();
    const leaked = await signOnce(ring);
    const fresh = rotate();
    test.vault.enable(SIGNING, leaked, false);
    await expect(signOnce(ring)).rejects.toThrow("keys: refused 403 Forbidden");
    test.pass(PAUSE);
    expect(await signOnce(ring)).toBe(fresh);
    expect(await published(ring)).toEqual([fresh]);
  });

  it("says so when no version may sign", async () => {
    const ring = test.ring();
    test.vault.enable(SIGNING, await signOnce(ring), false);
    await expect(test.ring().signingKey()).rejects.toThrow("keys: refused no_version_may_sign");
  });

  it("leaves an expired version for the next one, whose time had not come", async () => {
    const ring = test.ring();
    const old = await signOnce(ring);
    test.vault.expire(SIGNING, old, test.now() + 60);
    const fresh = rotate();
    test.pass(60);
    expect(await signOnce(test.ring())).toBe(fresh);
  });
});

describe("the wrapping key's versions", () => {
  it("SES-2 opens data keys wrapped under an old version", async () => {
    const sealed = await seal(test.ring(), "entra-tokens", "s", "text");
    test.vault.rotate(WRAPPING);
    test.pass(DATA_KEY_PERIOD);
    const after = test.ring();
    await seal(after, "entra-tokens", "s", "other");
    expect(await unseal(after, "entra-tokens", "s", sealed)).toBe("text");
    const [document] = (await test.cosmos.documents()).filter(({ container }) => container === "keys");
    const keys = document?.document["keys"] as { wrappingKey: string }[];
    expect(new Set(keys.map((key) => key.wrappingKey)).size).toBe(2);
  });
});

describe("Key Vault out of order", () => {
  const patience = { attempt: 500, total: 700 };

  it("SES-4 a vault that is silent leaves cached data keys at work, and fails a signature cleanly", async () => {
    const ring = test.ring({ patience });
    await signOnce(test.ring());
    const warm = test.ring();
    await signOnce(warm);
    const sealed = await seal(warm, "consent", "r", "text");
    test.vault.fault({ kind: "silent" });
    await expect(signOnce(ring)).rejects.toThrow(KeyError);
    expect(await unseal(warm, "consent", "r", sealed)).toBe("text");
    expect(await published(warm)).toHaveLength(1);
    test.vault.fault(undefined);
    test.pass(PAUSE);
    await signOnce(ring);
  });

  it("SES-4 the key set stays up while the vault is down, however long", async () => {
    const ring = test.ring({ patience });
    const [kid] = await published(ring);
    test.vault.fault({ kind: "hangs-up" });
    test.pass(10 * REREAD);
    expect(await published(ring)).toEqual([kid]);
    test.pass(10 * REREAD);
    expect(await published(ring)).toEqual([kid]);
  });

  it.each([
    ["hangs up once", { kind: "hangs-up" } as const],
    ["throttles once, without a word on when", { kind: "throttles" } as const],
    ["throttles once, and says when to come back", { kind: "throttles", retryAfter: 1 } as const],
  ])("SES-4 signs all the same when the vault %s", async (_what, fault) => {
    const ring = test.ring();
    await signOnce(ring);
    test.vault.fault(fault, 1);
    await signOnce(ring);
  });

  it("SES-4 does not wait for a vault that says to come back much later", async () => {
    const ring = test.ring();
    await signOnce(ring);
    test.vault.resetRequests();
    test.vault.fault({ kind: "throttles", retryAfter: 3600 });
    await expect(signOnce(ring)).rejects.toThrow("keys: unavailable 429");
    expect(test.vault.requests()).toEqual({ "any 429": 1 });
  });

  it("SES-4 gives up on a vault that goes on throttling", async () => {
    const ring = test.ring();
    await signOnce(ring);
    test.vault.resetRequests();
    test.vault.fault({ kind: "throttles" });
    await expect(signOnce(ring)).rejects.toThrow("keys: unavailable 429 Throttled");
    expect(test.vault.requests()).toEqual({ "any 429": 3 });
  });

  it("SES-4 turns callers away at once when the vault has hung up often enough, until it is back", async () => {
    const gate = circuit({ part: "keys", now: test.now, log: () => undefined });
    const ring = test.ring({ circuit: gate });
    await signOnce(ring);
    test.vault.fault({ kind: "hangs-up" });
    for (let i = 0; i < 2; i++) await expect(signOnce(ring)).rejects.toThrow("keys: unavailable");
    expect(gate.state).toBe("open");
    test.vault.resetRequests();
    await expect(signOnce(ring)).rejects.toMatchObject({
      kind: "unavailable",
      message: "keys: unavailable circuit_open",
      retryAfter: 5,
    });
    expect(test.vault.requests()).toEqual({});
    test.vault.fault(undefined);
    test.pass(PAUSE);
    await signOnce(ring);
    expect(gate.state).toBe("closed");
  });

  it("SES-4 turns nobody away because the vault throttles or refuses", async () => {
    const gate = circuit({ part: "keys", now: test.now, log: () => undefined });
    const ring = test.ring({ circuit: gate });
    await signOnce(ring);
    test.vault.fault({ kind: "throttles" });
    for (let i = 0; i < 2; i++) await expect(signOnce(ring)).rejects.toThrow("keys: unavailable 429");
    expect(gate.state).toBe("closed");
  });

  it("SES-4 waits for a vault that is slow, and gives up on one that is too slow", async () => {
    const ring = test.ring({ patience: { attempt: 2_000, total: 2_000 } });
    await signOnce(ring);
    test.vault.fault({ kind: "slow", milliseconds: 300 });
    await signOnce(ring);
    const hasty = test.ring({ patience: { attempt: 100, total: 250 } });
    await expect(signOnce(hasty)).rejects.toThrow("keys: unavailable");
  });

  it("asks a vault that is down once in a pause, however many requests come", async () => {
    const ring = test.ring();
    test.vault.fault({ kind: "throttles", retryAfter: 3600 });
    const asked = await Promise.allSettled(Array.from({ length: 30 }, () => ring.signingKey()));
    expect(asked.every((each) => each.status === "rejected")).toBe(true);
    await expect(ring.publicKeys()).rejects.toThrow(KeyError);
    expect(test.vault.requests()).toEqual({ "any 429": 1 });
  });

  it("refuses an identity without the role, and its error holds no token", async () => {
    const error: unknown = await test
      .ring({ withoutRole: true })
      .signingKey()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "keys: refused 403 Forbidden", kind: "refused" });
    // The library's own error has the request in it, and with that the identity's token.
    expect(error).not.toHaveProperty("cause");
    expect(Object.keys(error as object).sort()).toEqual(["kind", "name", "retryAfter"]);
  });

  it("refreshes behind the request when the list of versions ages", async () => {
    const ring = test.ring();
    const old = await signOnce(ring);
    const fresh = rotate();
    test.pass(REREAD);
    expect(await published(ring)).toEqual([old]);
    await until(async () => (await published(ring)).includes(fresh));
  });
});
