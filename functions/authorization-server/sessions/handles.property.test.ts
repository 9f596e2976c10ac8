import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { formatCode, formatRefreshToken, parseCode, parseRefreshToken } from "./handles.ts";

const random = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((each) => Buffer.from(each).toString("base64url"));
const code = fc.record({ user: random(32), session: random(16), secret: random(32) });
const refresh = fc.record({ user: random(32), session: random(16), family: random(32), secret: random(32) });
const handle = fc.oneof(code.map(formatCode), refresh.map(formatRefreshToken));

const mutated = fc
  .tuple(
    handle,
    fc.oneof(fc.constant(0), fc.nat(200)),
    fc.nat(3),
    fc.string({ unit: "binary", maxLength: 3 }),
  )
  .map(([text, at, length, put]) => text.slice(0, at) + put + text.slice(at + length));

describe("handles", () => {
  it("are read as they were written, and never as the other kind", () => {
    fc.assert(
      fc.property(code, refresh, (aCode, aToken) => {
        expect(parseCode(formatCode(aCode))).toEqual(aCode);
        expect(parseRefreshToken(formatRefreshToken(aToken))).toEqual(aToken);
        expect(parseRefreshToken(formatCode(aCode))).toBeUndefined();
        expect(parseCode(formatRefreshToken(aToken))).toBeUndefined();
      }),
    );
  });

  it("are written in one way: what is read is written the same again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), handle, mutated), (text) => {
        const aCode = parseCode(text);
        const aToken = parseRefreshToken(text);
        if (aCode) expect(formatCode(aCode)).toBe(text);
        if (aToken) expect(formatRefreshToken(aToken)).toBe(text);
        for (const place of [aCode, aToken]) {
          if (place) expect([place.user, place.session].join()).toMatch(/^[\w-]{43},[\w-]{22}$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
