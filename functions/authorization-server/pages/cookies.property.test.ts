import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { withCookies } from "../testing/calls.ts";
import { readCookies, setCookie } from "./cookies.ts";

const name = fc.stringMatching(/^[a-z][\w.-]{0,20}$/);
const value = fc.stringMatching(/^[\w.~-]{1,40}$/);
/** What a header may hold, as a browser or anybody else writes it. */
const headerText = fc.stringMatching(/^[\t -~\x80-\xff]*$/);
const pieces = fc.array(
  fc.oneof(
    headerText,
    fc.tuple(name, value).map(([n, v]) => `__Host-${n}=${v}`),
    fc.constantFrom("__Host-", "="),
  ),
  { maxLength: 8 },
);
const cookieHeader = fc
  .tuple(pieces, fc.constantFrom("; ", ";", ";;", ",", " "))
  .map(([all, by]) => all.join(by));

describe("cookies", () => {
  it("come back from a browser as they were set", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([each]) => each }), (cookies) => {
        const set = cookies.map(([each, text]) => setCookie(each, text));
        expect([...readCookies(withCookies(set))]).toEqual(cookies);
      }),
    );
  });

  it("are read out of any header: ours alone, and nothing that could end a Set-Cookie", () => {
    fc.assert(
      fc.property(cookieHeader, (cookie) => {
        for (const [each, text] of readCookies(new Request("https://as.example/", { headers: { cookie } }))) {
          expect(cookie).toContain(`__Host-${each}=${text}`);
          expect(text).toMatch(/^[\w.~-]+$/);
          expect(each).not.toMatch(/[=;]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
