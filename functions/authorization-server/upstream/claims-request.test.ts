import { expect, it } from "vitest";
import { bothClaimsRequests, claimsRequest } from "./claims-request.ts";

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

it("GW-9 asks for what either asks for", () => {
  const acrs = '{"access_token":{"acrs":{"value":"c1"}},"id_token":{"auth_time":null}}';
  const nbf = '{"access_token":{"nbf":{"value":"1"}}}';
  expect(bothClaimsRequests(acrs, nbf)).toBe(
    '{"access_token":{"acrs":{"value":"c1"},"nbf":{"value":"1"}},"id_token":{"auth_time":null}}',
  );
  expect(bothClaimsRequests(acrs, '{"access_token":null}')).toBe(
    '{"access_token":{"acrs":{"value":"c1"}},"id_token":{"auth_time":null}}',
  );
  expect([bothClaimsRequests(acrs, undefined), bothClaimsRequests(undefined, nbf)]).toEqual([acrs, nbf]);
  expect(bothClaimsRequests(undefined, undefined)).toBeUndefined();
});
