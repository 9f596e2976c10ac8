import { describe, expect, it } from "vitest";
import { appDemands } from "./app-demands.ts";
import { parseGatewayConfig } from "./load.ts";
import type { GatewayConfigInput } from "./schema.ts";

const GROUP = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";

type Server = GatewayConfigInput["servers"][number];

const server = (
  name: string,
  access: Server["access"],
  backend: Server["backend"] = { app: "graph-mcp" },
) => ({
  name,
  title: name,
  backend,
  entra: { scope: "api://x/Mcp.Access" },
  scopes: [
    { name: `${name}.use`, description: "use it" },
    { name: "shared.more", description: "use more", required: false },
  ],
  access,
});

const demands = (...servers: Server[]) =>
  appDemands(parseGatewayConfig({ servers }, "test").servers, "graph-mcp");

describe("what the servers of one app ask for", () => {
  it("is what each of them asks for, once", () => {
    const servers = [server("a", { roles: ["A", "B"] }), server("b", { roles: ["B"], groups: [GROUP] })];
    expect(demands(...servers)).toEqual({
      roles: ["A", "B"],
      groups: [GROUP],
      definedRoles: ["A", "B"],
      namedGroups: [GROUP],
      scopes: ["a.use", "shared.more", "b.use"],
      clients: [],
      workloadRoles: [],
    });
  });

  it("GW-12 defines the roles and names the groups of access rules, also where callers need none", () => {
    const rules = [{ name: "x", roles: ["C", "A"], groups: [GROUP] }];
    const ruled = {
      ...server("a", { roles: ["A"] }),
      tools: { rules },
      prompts: { rules: [{ name: "y", roles: ["D"] }] },
    };
    expect(demands(ruled)).toMatchObject({
      roles: ["A"],
      groups: [],
      definedRoles: ["A", "C", "D"],
      namedGroups: [GROUP],
    });
    expect(demands(ruled, server("b", undefined))).toMatchObject({
      roles: [],
      definedRoles: ["A", "C", "D"],
    });
  });

  it("is no role where one of them takes anybody", () => {
    expect(demands(server("a", { roles: ["A"] }), server("b", undefined))).toMatchObject({
      roles: [],
      groups: [],
    });
  });

  it("leaves out servers elsewhere", () => {
    const elsewhere = server("b", undefined, { url: "https://b.example/mcp" });
    expect(demands(server("a", { roles: ["A"] }), elsewhere)).toEqual({
      roles: ["A"],
      groups: [],
      definedRoles: ["A"],
      namedGroups: [],
      scopes: ["a.use", "shared.more"],
      clients: [],
      workloadRoles: [],
    });
  });

  it("GW-16 names the clients that may present Entra tokens, and the roles of applications", () => {
    const taking = (name: string, clients: string[], role: string): Server => ({
      ...server(name, undefined),
      entraTokens: { clients, workloads: { [role]: [`${name}.use`] } },
    });
    const other = "0f1e2d3c-4b5a-4697-8807-162534435261";
    const servers = [taking("a", [GROUP], "Work"), taking("b", [GROUP, other], "More")];
    expect(demands(...servers, server("c", undefined))).toMatchObject({
      clients: [GROUP, other],
      workloadRoles: ["Work", "More"],
    });
  });
});
