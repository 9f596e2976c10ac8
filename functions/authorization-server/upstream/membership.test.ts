import { UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { membershipIn } from "./membership.ts";

const token = (claims: Record<string, unknown>) => new UnsecuredJWT(claims).encode();
const GROUP = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";

describe("membershipIn", () => {
  it.each<[string, Record<string, unknown>, ReturnType<typeof membershipIn>]>([
    ["neither", {}, { roles: [], groups: [] }],
    ["both", { roles: ["Mcp.User"], groups: [GROUP] }, { roles: ["Mcp.User"], groups: [GROUP] }],
    ["more than texts", { roles: ["a", 1], groups: [null, GROUP] }, { roles: ["a"], groups: [GROUP] }],
    ["one text", { groups: GROUP, roles: "a" }, { roles: [], groups: [] }],
    ["a source in place of the list", { _claim_names: { groups: "src1" } }, { roles: [], groups: "overage" }],
    ["a hint in place of the list", { hasgroups: true }, { roles: [], groups: "overage" }],
    ["a hint as text", { hasgroups: "true" }, { roles: [], groups: "overage" }],
    ["a hint that there are none", { hasgroups: false }, { roles: [], groups: [] }],
    ["a source for something else", { _claim_names: { other: "src1" } }, { roles: [], groups: [] }],
    ["sources that are none", { _claim_names: "groups" }, { roles: [], groups: [] }],
    [
      "a list and a source for it",
      { groups: [GROUP], _claim_names: { groups: "s" } },
      { roles: [], groups: "overage" },
    ],
  ])("finds in a token with %s what is in it", (_, claims, expected) => {
    expect(membershipIn(token(claims))).toEqual(expected);
  });

  it.each(["", "opaque", "a.b.c", `a.${Buffer.from("[]").toString("base64url")}.c`])(
    "finds nothing in %j",
    (text) => {
      expect(membershipIn(text)).toEqual({ roles: [], groups: [] });
    },
  );
});
