import { createHmac, randomBytes } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { describe, expect, it } from "vitest";
import type { DataKey, KeyRing } from "../keys/key-ring.ts";
import { SealError, type SealPurpose, seal, unseal } from "./seal.ts";

/** A ring of data keys alone, the last of them the current one. */
function ringOf(...keys: DataKey[]): Pick<KeyRing, "dataKey" | "dataKeyById"> & KeyRing {
  const none = () => Promise.reject(new Error("no signing key"));
  return {
    signingKey: none,
    publicKeys: none,
    dataKey: async () => keys.at(-1) ?? none(),
    dataKeyById: async (kid) => keys.find((key) => key.kid === kid),
  };
}

const dataKey = (kid: string): DataKey => ({ kid, key: new Uint8Array(randomBytes(32)) });
const key = dataKey("k1");
const ring = ringOf(key);
const TEXT = "the user’s Entra tokens 🦜";
const sealed = () => seal(ring, "entra-tokens", "record", TEXT);

/** The key of what is sealed for one purpose and record. */
const keyFor = (dataKey: Uint8Array, purpose: string, record: string) =>
  new Uint8Array(createHmac("sha256", dataKey).update(`${purpose}\0${record}`).digest());

const opensUnder = (sealed: string, key: Uint8Array) =>
  compactDecrypt(sealed, key).then(
    () => true,
    () => false,
  );

/** Replaces a part of a compact JWE. */
const withPart = (jwe: string, index: number, change: (part: string) => string) =>
  jwe
    .split(".")
    .map((part, i) => (i === index ? change(part) : part))
    .join(".");
const flipped = (part: string) => (part.startsWith("A") ? "B" : "A") + part.slice(1);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("seal", () => {
  it("SES-1 opens to what was sealed", async () => {
    expect(await unseal(ring, "entra-tokens", "record", await sealed())).toBe(TEXT);
    expect(await unseal(ring, "consent", "r", await seal(ring, "consent", "r", ""))).toBe("");
  });

  it("SES-1 shows nothing of the text, and never seals to the same twice", async () => {
    const one = await sealed();
    expect(one).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
    expect(Buffer.from(one.split(".")[3] ?? "", "base64url").toString("utf8")).not.toContain("Entra");
    expect(await sealed()).not.toBe(one);
  });

  it("SES-1 encrypts no two records under one key, so that no key comes to the 2^32 texts that AES-GCM allows it", async () => {
    const places: [SealPurpose, string][] = [
      ["entra-tokens", "record"],
      ["entra-tokens", "record2"],
      ["consent", "record"],
      ["consent", "\0record"],
    ];
    for (const rings of [ring, ringOf(dataKey("k1"))]) {
      const opens = [];
      for (const [purpose, record] of places) {
        const own = await seal(rings, purpose, record, TEXT);
        const keys = [key.key, ...places.map((place) => keyFor(key.key, ...place))];
        opens.push(await Promise.all(keys.map((each) => opensUnder(own, each))));
      }
      // Under its own key alone, which is not the data key; and under none of another data key's.
      const expected = places.map((_, place) => [false, ...places.map((__, each) => each === place)]);
      expect(opens).toEqual(rings === ring ? expected : expected.map((row) => row.map(() => false)));
    }
  });

  it("SES-2 opens what an earlier release sealed, with the data key itself", async () => {
    const header = { alg: "dir", enc: "A256GCM", kid: "k1", typ: "entra-tokens", sub: "record" };
    const earlier = await new CompactEncrypt(new TextEncoder().encode(TEXT))
      .setProtectedHeader(header)
      .encrypt(key.key);
    expect(await unseal(ring, "entra-tokens", "record", earlier)).toBe(TEXT);
    for (const [purpose, record] of [
      ["entra-tokens", "record2"],
      ["consent", "record"],
    ] as const) {
      await expect(unseal(ring, purpose, record, earlier)).rejects.toThrow(SealError);
    }
  });

  it("CON-4 takes less room for what lies in the cookies of sign-ins", async () => {
    const text = JSON.stringify({ code: randomBytes(1737).toString("base64url"), expiresAt: 1_800_000_000 });
    const length = async (purpose: SealPurpose) => (await seal(ring, purpose, "r", text)).length;
    for (const purpose of ["sign-in", "entra-answer", "account-sign-in"] as const) {
      expect(await length(purpose)).toBeLessThan(0.82 * (await length("consent")));
      expect(await unseal(ring, purpose, "r", await seal(ring, purpose, "r", text))).toBe(text);
    }
  });

  it("SES-2 opens under the key it was sealed with, after another became the current one", async () => {
    const old = await sealed();
    const rotated = ringOf(key, dataKey("k2"));
    expect(await unseal(rotated, "entra-tokens", "record", old)).toBe(TEXT);
    expect(await seal(rotated, "entra-tokens", "record", TEXT)).toContain(
      base64url({ alg: "dir", enc: "A256GCM", kid: "k2", typ: "entra-tokens", sub: "record" }),
    );
  });

  it.each<[SealPurpose, SealPurpose]>([
    ["consent", "sign-in"],
    ["sign-in", "consent"],
    ["consent", "entra-tokens"],
    ["entra-tokens", "sign-in"],
  ])("TOK-9 does not open what was sealed for %s as %s", async (from, to) => {
    const other = await seal(ring, from, "record", TEXT);
    await expect(unseal(ring, to, "record", other)).rejects.toThrow(SealError);
  });

  it.each(["record2", "recor", "", "RECORD"])(
    "SES-1 does not open for another record: %j",
    async (record) => {
      await expect(unseal(ring, "entra-tokens", record, await sealed())).rejects.toThrow(SealError);
    },
  );

  it.each([
    ["header", 0],
    ["initialization vector", 2],
    ["ciphertext", 3],
    ["tag", 4],
  ])("SES-1 does not open with a changed %s", async (_, part) => {
    const changed = withPart(await sealed(), part, flipped);
    await expect(unseal(ring, "entra-tokens", "record", changed)).rejects.toThrow(SealError);
  });

  it("SES-1 does not open when the header claims another purpose or record", async () => {
    for (const claim of [{ typ: "consent" }, { sub: "record2" }]) {
      const original = {
        alg: "dir",
        enc: "A256GCM",
        kid: "k1",
        typ: "entra-tokens",
        sub: "record",
        ...claim,
      };
      const changed = withPart(await sealed(), 0, () => base64url(original));
      await expect(unseal(ring, original.typ as SealPurpose, original.sub, changed)).rejects.toThrow(
        "does not open",
      );
    }
  });

  it("SES-1 does not open with an encrypted key put in", async () => {
    const changed = withPart(await sealed(), 1, () => "AAAA");
    await expect(unseal(ring, "entra-tokens", "record", changed)).rejects.toThrow(SealError);
  });

  it("SES-1 does not open under another key of the same ID", async () => {
    await expect(unseal(ringOf(dataKey("k1")), "entra-tokens", "record", await sealed())).rejects.toThrow(
      "does not open",
    );
  });

  it("does not open under a key that is gone", async () => {
    await expect(unseal(ringOf(dataKey("k2")), "entra-tokens", "record", await sealed())).rejects.toThrow(
      "not on the ring",
    );
  });

  it("does not open when it was cut off anywhere", async () => {
    const whole = await sealed();
    for (let length = 0; length < whole.length; length += 7) {
      await expect(unseal(ring, "entra-tokens", "record", whole.slice(0, length))).rejects.toThrow(SealError);
    }
  });

  it.each(["", ".", "....", "a.b.c", "a.b.c.d.e", "eyJhbGciOiJub25lIn0...."])(
    "does not open what was never sealed: %j",
    async (text) => {
      await expect(unseal(ring, "entra-tokens", "record", text)).rejects.toThrow(SealError);
    },
  );

  it.each([
    ["another algorithm", { alg: "A256KW", enc: "A256GCM" }],
    ["another encryption", { alg: "dir", enc: "A128CBC-HS256" }],
  ])("does not open with %s, though the key is right", async (_, algorithms) => {
    const foreign = await new CompactEncrypt(new TextEncoder().encode(TEXT))
      .setProtectedHeader({ ...algorithms, kid: "k1", typ: "entra-tokens", sub: "record" })
      .encrypt(key.key);
    await expect(unseal(ring, "entra-tokens", "record", foreign)).rejects.toThrow(SealError);
  });
});
