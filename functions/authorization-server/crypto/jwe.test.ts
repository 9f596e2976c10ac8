import { randomBytes } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { decryptJwe, encryptJwe, JweError, jweHeader } from "./jwe.ts";

const key = new Uint8Array(randomBytes(32));
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (plaintext: Uint8Array) => new TextDecoder().decode(plaintext);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const HEADER = { kid: "k1", typ: "entra-tokens", sub: "record é" };

const joseEncrypt = (plaintext: Uint8Array, header: object = HEADER) =>
  new CompactEncrypt(plaintext).setProtectedHeader({ alg: "dir", enc: "A256GCM", ...header }).encrypt(key);
const joseDecrypt = async (jwe: string) => (await compactDecrypt(jwe, key)).plaintext;

describe("a JWE", () => {
  it("SES-2 opens what jose made, and jose opens ours, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (plaintext) => {
        expect(Buffer.from(decryptJwe(key, await joseEncrypt(plaintext)))).toEqual(Buffer.from(plaintext));
        expect(Buffer.from(await joseDecrypt(encryptJwe(key, plaintext, HEADER)))).toEqual(
          Buffer.from(plaintext),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("SES-2 has the very header that jose makes", async () => {
    const ours = encryptJwe(key, bytes("text"), HEADER);
    const joses = await joseEncrypt(bytes("text"));
    expect(ours.split(".")[0]).toBe(joses.split(".")[0]);
    expect(ours.split(".").map((part) => part.length)).toEqual(joses.split(".").map((part) => part.length));
    expect(jweHeader(joses)).toEqual({ alg: "dir", enc: "A256GCM", ...HEADER });
    expect(jweHeader(joses.split(".")[0] ?? "")).toEqual(jweHeader(joses));
  });

  it("SES-2 opens a record that jose made in an earlier release", () => {
    const record =
      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiazEiLCJ0eXAiOiJlbnRyYS10b2tlbnMiLCJzdWIiOiJyZWNvcmQifQ" +
      "..3iCULM7BvckUv33i.Mb8fvvJjHZv2eOFYO4K5ziF1RvO0gctpuw.b9B3HoY5JK_GDV_aY6cqmg";
    expect(text(decryptJwe(new Uint8Array(32).fill(7), record))).toBe("the user’s Entra tokens");
  });

  it("SES-1 opens with no other key", () => {
    const jwe = encryptJwe(key, bytes("text"));
    expect(() => decryptJwe(new Uint8Array(randomBytes(32)), jwe)).toThrow(JweError);
    expect(() => decryptJwe(key.slice(0, 16), jwe)).toThrow(JweError);
  });

  it("SES-1 has one spelling only", () => {
    const jwe = encryptJwe(key, bytes("text"));
    const parts = jwe.split(".");
    for (const [index, part] of parts.entries()) {
      if (part === "") continue;
      for (const spelled of [`${part}=`, `${part} `, `${part}\n`, `${part.slice(0, 2)}*${part.slice(2)}`]) {
        const changed = parts.map((each, at) => (at === index ? spelled : each)).join(".");
        expect(() => decryptJwe(key, changed)).toThrow(JweError);
      }
    }
    // 22 characters hold four bits more than the 16 bytes of a tag.
    const tag = parts[4] ?? "";
    const last = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    const spare = String.fromCharCode(last[(last.indexOf(tag.charCodeAt(21)) ^ 1) & 63] ?? 0);
    expect(() => decryptJwe(key, jwe.slice(0, -1) + spare)).toThrow(JweError);
  });

  it("SES-1 takes no shorter tag or initialization vector", () => {
    const [header, , iv = "", ciphertext, tag = ""] = encryptJwe(key, bytes("text")).split(".");
    const shorter = (part: string, length: number) =>
      Buffer.from(part, "base64url").subarray(0, length).toString("base64url");
    for (const length of [4, 8, 12, 15]) {
      const jwe = `${header}..${iv}.${ciphertext}.${shorter(tag, length)}`;
      expect(() => decryptJwe(key, jwe)).toThrow("other lengths");
    }
    expect(() => decryptJwe(key, `${header}..${shorter(iv, 8)}.${ciphertext}.${tag}`)).toThrow(
      "other lengths",
    );
  });

  it.each([
    ["another key management", { alg: "A256GCMKW" }],
    ["another encryption", { enc: "A128GCM" }],
    ["compression", { zip: "DEF" }],
    ["a critical extension", { crit: ["exp"], exp: 1 }],
  ])("SES-1 takes none with %s", (_, members) => {
    const jwe = encryptJwe(key, bytes("text"), members);
    expect(() => decryptJwe(key, jwe)).toThrow("another algorithm");
  });

  it.each([
    "",
    ".",
    "....",
    "a.b.c.d.e",
    "bnVsbA....",
    "W10....",
    "MQ....",
    `${base64url({ alg: "none" })}....`,
  ])("is not %j", (other) => {
    expect(() => decryptJwe(key, other)).toThrow(JweError);
  });
});
