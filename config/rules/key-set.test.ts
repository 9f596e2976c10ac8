import { describe, expect, it } from "vitest";
import { keySetFault } from "./key-set.ts";

const jwks = { keys: [{ kty: "EC", kid: "1" }] };

describe("keySetFault", () => {
  it.each(["d", "p", "q", "dp", "dq", "qi", "oth", "k"])("sees the secret member %s", (member) => {
    expect(keySetFault({ keys: [{ kty: "RSA" }, { kty: "RSA", [member]: "x" }] })).toContain("private");
  });

  it.each([null, [], "x", { keys: [null] }, { keys: [[]] }, { keys: ["x"] }, { keys: [{ kty: "EC" }, "x"] }])(
    "takes %j for no key set",
    (value) => {
      expect(keySetFault(value)).toBe("is no key set");
    },
  );

  it("takes public keys, twenty at most", () => {
    const many = (length: number) => ({ keys: Array.from({ length }, () => ({ kty: "EC" })) });
    expect(keySetFault(jwks)).toBeUndefined();
    expect(
      keySetFault({ keys: [{ kty: "EC", key_ops: ["verify"], x5c: ["MII"], ext: true, iat: 1 }] }),
    ).toBeUndefined();
    expect(keySetFault(many(20))).toBeUndefined();
    expect(keySetFault(many(21))).toBe("has more than 20 keys");
  });
});
