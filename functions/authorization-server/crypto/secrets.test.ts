import { describe, expect, it } from "vitest";
import { hasHash, hashOf, randomId, randomSecret } from "./secrets.ts";

describe("random values", () => {
  it("have 256 bits for a secret, 128 for an ID, and never come twice", () => {
    const secrets = Array.from({ length: 1000 }, randomSecret);
    const ids = Array.from({ length: 1000 }, randomId);
    expect(new Set(secrets).size).toBe(1000);
    expect(new Set(ids).size).toBe(1000);
    for (const secret of secrets) expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(16);
  });
});

describe("hasHash", () => {
  it("SES-1 knows a secret by its SHA-256", () => {
    expect(hashOf("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    const secret = randomSecret();
    expect(hasHash(secret, hashOf(secret))).toBe(true);
  });

  it.each([
    ["another secret's", hashOf("b")],
    ["the secret itself", "a"],
    ["a shortened one", hashOf("a").slice(0, -1)],
    ["a lengthened one", `${hashOf("a")}A`],
    ["none", ""],
    ["one in other letter cases", hashOf("a").toUpperCase()],
  ])("refuses a hash that is %s", (_, hash) => {
    expect(hasHash("a", hash)).toBe(false);
  });
});
