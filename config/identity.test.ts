import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";
import { resolvedGatewaySchema, resolveGateway } from "./resolve.ts";
import type { GatewayConfigInput } from "./schema.ts";
import { signInDemands } from "./sign-in-demands.ts";

const AUDIENCE = "https://files.contoso.com/mcp";
const GROUP = "11111111-2222-4333-8444-555555555555";

const files = {
  name: "files",
  title: "Files",
  backend: { url: "https://files.example/mcp" },
  identity: { assertion: { audience: AUDIENCE } },
  scopes: [{ name: "files.read", description: "read files" }],
};
const none = { ...files, name: "clock", backend: { url: "https://clock.example/mcp" }, identity: "none" };
const entra = { scope: "api://files/Files.Use" };

const parse = (...servers: object[]) =>
  parseGatewayConfig({ servers: servers as GatewayConfigInput["servers"] }, "g.ts");

/** What is said of a configuration that is refused. */
function refusal(...servers: object[]): string {
  try {
    parse(...servers);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const withAssertion = (assertion: object) => ({
  ...files,
  identity: { assertion: { audience: AUDIENCE, ...assertion } },
});

describe("GW-15 a server's identity", () => {
  it("is the Entra token unless it is set, and an assertion has no personal data and ten minutes", () => {
    const [first, second, third] = parse(
      { ...files, name: "old", identity: undefined, entra },
      withAssertion({}),
      none,
    ).servers.map((server) => server.identity);
    expect(first).toBe("entra-token");
    expect(second).toEqual({ assertion: { audience: AUDIENCE, claims: [], lifetime: 600 } });
    expect(third).toBe("none");
  });

  it.each<[message: string, ...servers: object[]]>([
    ['servers[0].identity: is "entra-token", "none" or', { ...files, identity: "assertion" }],
    ['servers[0].identity: is "entra-token", "none" or', { ...files, identity: { assertion: {} } }],
    ["servers[0].identity.assertion.audience: is 1 to 300", withAssertion({ audience: "two words" })],
    ['servers[0].identity: is "entra-token", "none" or', withAssertion({ claims: ["given_name"] })],
    ["servers[0].identity.assertion.lifetime: ", withAssertion({ lifetime: 601 })],
    ["servers[0].entra.scope: is needed", { ...files, identity: "entra-token" }],
    ["servers[0].entra: has no meaning", { ...files, entra }],
    ["servers[0].entra: has no meaning", { ...none, entra }],
    ['servers[0].identity: is "entra-token" for "graph-mcp"', { ...files, backend: { app: "graph-mcp" } }],
    ["servers[0].access.roles[0]: is the gateway's own", { ...files, access: { roles: ["Gateway.Call"] } }],
    [
      "servers[0].tools.rules[0].roles[0]: is the gateway's own",
      { ...files, tools: { rules: [{ name: "a", roles: ["Gateway.Call"] }] } },
    ],
    [
      'servers[1].identity.assertion.audience: "https://files.contoso.com/mcp" is another server\'s too',
      files,
      { ...files, name: "more", backend: { url: "https://more.example/mcp" } },
    ],
  ])("says %s", (message, ...servers) => {
    expect(refusal(...servers)).toContain(message);
  });

  it("may have the audience of another server at the same place", () => {
    expect(refusal(files, { ...files, name: "more" })).toBe("accepted");
  });

  it.each(["https://gw.example/files/mcp", "https://gw.example", "https://GW.example:443/x"])(
    "has no audience that an access token may have: %s",
    (audience) => {
      const resolved = resolveGateway(parse(withAssertion({ audience })), {
        origin: "https://gw.example",
        apps: {},
      });
      expect(resolvedGatewaySchema.safeParse(resolved).error?.issues).toMatchObject([
        { path: ["servers", 0, "identity", "assertion", "audience"], message: /URL of the gateway/ },
      ]);
    },
  );

  it("asks Entra for nothing but who the person is, and for their address where it is needed", () => {
    const deployment = { origin: "https://gw.example", apps: {} };
    const [plain, address, nothing] = resolveGateway(
      parse(files, { ...withAssertion({ claims: ["email"] }), name: "mail" }, none),
      deployment,
    ).servers;
    expect(plain).toMatchObject({ signInScope: "" });
    expect(address).toMatchObject({ signInScope: "email" });
    expect(nothing).toMatchObject({ signInScope: "" });
    for (const server of [plain, address, nothing]) expect(server?.entraScope).toBeUndefined();
  });
});

describe("GW-15 what the sign-in application needs", () => {
  it("is the roles and groups of servers without Entra tokens, also of their rules, and whether addresses are needed", () => {
    const { servers } = parse(
      { ...files, identity: undefined, entra, access: { roles: ["Other"] } },
      {
        ...withAssertion({ claims: ["email"] }),
        name: "mail",
        access: { roles: ["Files.Reader"], groups: [GROUP] },
        tools: { rules: [{ name: "delete_*", roles: ["Files.Admin", "Files.Reader"] }] },
      },
    );
    expect(signInDemands(servers)).toEqual({
      roles: ["Files.Reader", "Files.Admin"],
      accessRoles: ["Files.Reader"],
      groups: [GROUP],
      email: true,
    });
    expect(signInDemands(parse({ ...files, identity: undefined, entra }).servers)).toEqual({
      roles: [],
      accessRoles: [],
      groups: [],
      email: false,
    });
  });
});
