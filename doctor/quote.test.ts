import { describe, expect, it } from "vitest";
import { argument } from "./commands.ts";
import { bare, quote } from "./quote.ts";

describe("quote", () => {
  it("takes what moves a terminal's cursor out of what a server said", () => {
    expect(quote("a\u001b[2J\r\nok\u202Eb\u0007")).toBe('"a[2Jokb"');
  });

  it.each([
    ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "a token"],
    ["https://x.example/callback?code=c0de-secret&iss=y", "a code"],
    ["error near code_verifier=verifier-secret.", "a verifier"],
    ["client_assertion=assertion-secret", "an assertion"],
  ])("hides secrets in %s (%s)", (text) => {
    expect(bare(text)).not.toMatch(/secret|c2lnbmF0dXJl/);
    expect(bare(text)).toContain("…");
  });

  it("is short, and shows what is no text as JSON", () => {
    expect(quote("x".repeat(1000)).length).toBeLessThan(170);
    expect([quote(undefined), quote(["a"]), quote(null)]).toEqual(['"nothing"', '"["a"]"', '"null"']);
  });
});

describe("argument", () => {
  it("lets nothing through that a shell would act on", () => {
    expect(argument("a3c5e1d2-4b6f-4c88-9d17-0e2f4a6b8c10")).toBe("a3c5e1d2-4b6f-4c88-9d17-0e2f4a6b8c10");
    expect(argument("https://mcp.contoso.com/callback")).toBe("https://mcp.contoso.com/callback");
    expect(argument("x; rm -rf ~ `id` $(id)")).not.toMatch(/[;`$(~]/);
  });
});
