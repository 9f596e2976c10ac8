import { describe, expect, it } from "vitest";
import type { Membership } from "../upstream/membership.ts";
import { accessRefusal, mayUse } from "./may-use.ts";

const MINE: Membership = { roles: ["Mcp.User"], groups: ["g1", "g2"] };
const server = (roles: readonly string[], groups: readonly string[]) => ({
  roles: [...roles],
  groups: [...groups],
});

describe("access to an MCP server", () => {
  it.each<[string, string[], string[], Membership | undefined, string | undefined]>([
    ["asks for nothing", [], [], { roles: [] }, undefined],
    ["asks for nothing, without a token", [], [], undefined, undefined],
    ["asks for a role that is mine", ["Mcp.User"], [], MINE, undefined],
    ["asks for one of two roles", ["Mcp.Admin", "Mcp.User"], [], MINE, undefined],
    ["asks for another role", ["Mcp.Admin"], [], MINE, "none"],
    ["asks for a role in another letter case", ["mcp.user"], [], MINE, "none"],
    ["asks for a group that is mine", [], ["g2"], MINE, undefined],
    ["asks for another group", [], ["g3"], MINE, "none"],
    ["takes the role or a group: the role is mine", ["Mcp.User"], ["g3"], MINE, undefined],
    ["takes the role or a group: the group is mine", ["Mcp.Admin"], ["g1"], MINE, undefined],
    ["takes the role or a group: neither is mine", ["Mcp.Admin"], ["g3"], MINE, "none"],
    ["has a role by the name of my group", ["g1"], [], MINE, "none"],
    ["has a group by the name of my role", [], ["Mcp.User"], MINE, "none"],
    ["cannot know my groups", [], ["g1"], { roles: [], groups: "overage" }, "unknown"],
    ["cannot know my groups, nor needs to", ["Mcp.User"], ["g1"], { ...MINE, groups: "overage" }, undefined],
    [
      "does not ask for groups, which nobody knows",
      ["Mcp.Admin"],
      [],
      { ...MINE, groups: "overage" },
      "none",
    ],
    ["has a group that is a part of a word", [], ["over"], { roles: [], groups: "overage" }, "unknown"],
    ["asks for a role, and there is no token", ["Mcp.User"], ["g1"], undefined, "none"],
  ])("of one that %s", (_, roles, groups, membership, expected) => {
    expect(accessRefusal(membership, server(roles, groups))).toBe(expected);
    if (membership) expect(mayUse(membership, server(roles, groups))).toBe(expected === undefined);
  });
});
