import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { parseSetCookie } from "./set-cookie.ts";

const token = fc.stringMatching(/^[\w.-]{1,20}$/);
const expires = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));
const attribute = fc.oneof(
  fc.stringMatching(/^\/[\w/]{0,12}$/).map((path) => ({ text: `Path=${path}`, member: { path } })),
  token.map((domain) => ({ text: `domain=${domain}`, member: { domain } })),
  fc.integer().map((maxAge) => ({ text: `MAX-AGE=${maxAge}`, member: { maxAge } })),
  expires.map((date) => ({ text: `Expires=${date.toUTCString()}`, member: { expires: date } })),
  fc.constant({ text: "Secure", member: { secure: true } }),
  fc.constant({ text: "httponly", member: { httpOnly: true } }),
  fc.constant({ text: "SameSite=lax", member: { sameSite: "Lax" } }),
);

const anyHeader = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom("Max-Age", "Expires", "SameSite", "Path", "Domain", "Secure", "Other"),
      fc.string({ unit: "binary", maxLength: 5 }),
    )
    .map(
      ([name, value, key, argument]) =>
        `${name}=${encodeURIComponent(value.toWellFormed())}; ${key}=${argument}`,
    ),
);

describe("parseSetCookie", () => {
  it("takes every cookie apart into what it was put together from", () => {
    fc.assert(
      fc.property(
        token,
        fc.string({ unit: "grapheme" }),
        fc.array(attribute),
        fc.constantFrom(";", "; ", " ; "),
        (name, value, attributes, by) => {
          const header = [`${name}=${encodeURIComponent(value)}`, ...attributes.map(({ text }) => text)].join(
            by,
          );
          const expected = Object.assign({ name, value }, ...attributes.map(({ member }) => member));
          expect(parseSetCookie(header)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses whatever would not come out the same", () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        let cookie: ReturnType<typeof parseSetCookie>;
        try {
          cookie = parseSetCookie(header);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        expect(header).toContain(encodeURIComponent(cookie.value));
        if (cookie.maxAge !== undefined) expect(header).toContain(String(cookie.maxAge));
        if (cookie.expires !== undefined) expect(Number(cookie.expires)).not.toBeNaN();
      }),
      { numRuns: 1000 },
    );
  });
});
