import { expect, it } from "vitest";
import { claimsRequest } from "./claims-request.ts";

it("GW-9 takes a claims request as it is, without what surrounds it", () => {
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
  expect(claimsRequest(claims)).toBe(claims);
  expect(claimsRequest(` ${claims}\n`)).toBe(claims);
});

it.each([undefined, "", "{}", "[]", '["a"]', "null", "5", '"text"', "{", "access_token"])(
  "GW-9 takes %j for none",
  (text) => {
    expect(claimsRequest(text)).toBeUndefined();
  },
);

it("GW-9 takes none beyond 3 KB", () => {
  const sized = (length: number) =>
    JSON.stringify({ a: "x".repeat(length - JSON.stringify({ a: "" }).length) });
  expect(claimsRequest(sized(3072))).toBeDefined();
  expect(claimsRequest(sized(3073))).toBeUndefined();
});
