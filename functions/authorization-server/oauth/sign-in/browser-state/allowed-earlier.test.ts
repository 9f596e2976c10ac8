import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyRing } from "../../../keys/key-ring.ts";
import { withCookies } from "../../../testing/calls.ts";
import { makeClock } from "../../../testing/clock.ts";
import { resolvedGateway } from "../../../testing/gateway.ts";
import { makeKeyRing } from "../../../testing/keys.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { allowedEarlier, forgetAllowed, noteAllowed } from "./allowed-earlier.ts";

const DAY = 86_400;

const asked: AuthorizationRequest = {
  client: { id: "client", name: "Client", grantTypes: ["authorization_code"], useIsWorthNoting: false },
  redirectUri: "https://client.example/cb",
  challenge: "c".repeat(43),
  servers: ["graph", "notes"],
  scopes: ["mcp.tools", "mcp.admin", "notes.read"],
};

let keys: KeyRing;
let clock = makeClock();
beforeAll(async () => {
  keys = await makeKeyRing();
});
beforeEach(() => {
  clock = makeClock();
});

const needs = () => ({ gateway: resolvedGateway(), keys, now: clock.now });
const other = (id: string) => ({ ...asked, client: { ...asked.client, id } });

/** Allows a request in a browser that holds these cookies. @returns those that it holds then */
async function allow(held: readonly string[], request = asked, allowed = request): Promise<string[]> {
  return [...held, await noteAllowed(needs(), withCookies(held), request, allowed)];
}

const known = (held: readonly string[], request = asked, changed = needs()) =>
  allowedEarlier(changed, withCookies(held), request);

describe("what was allowed earlier in a browser", () => {
  it("CON-8 is known for that client, and for no other", async () => {
    const held = await allow([]);
    expect(await known(held)).toEqual(asked.scopes);
    expect(await known(held, other("thief"))).toEqual([]);
    expect(await known([])).toEqual([]);
  });

  it("CON-8 grows with what is allowed later, and loses what is left out then", async () => {
    let held = await allow([], { ...asked, scopes: ["mcp.tools"] });
    held = await allow(held, { ...asked, scopes: ["notes.read"] });
    expect(await known(held)).toEqual(["mcp.tools", "notes.read"]);
    held = await allow(held, asked, { ...asked, scopes: ["mcp.tools", "mcp.admin"] });
    expect(await known(held)).toEqual(["mcp.tools", "mcp.admin"]);
  });

  it("CON-8 is new again where the operator says something else of it", async () => {
    const held = await allow([]);
    const { gateway } = needs();
    const servers = gateway.servers.map((server) => ({
      ...server,
      scopes: server.scopes.map((scope) =>
        scope.name === "mcp.admin" ? { ...scope, description: "delete everything" } : scope,
      ),
    }));
    const changed = { ...needs(), gateway: { ...gateway, servers } };
    expect(await known(held, asked, changed)).toEqual(["mcp.tools", "notes.read"]);
  });

  it("CON-8 is not said of a request that named no server, which another server may have begun", async () => {
    const held = await allow([]);
    expect(await known(held, { ...asked, resourceLeftOut: true })).toEqual([]);
  });

  it("CON-8 is forgotten after the longest life of a session, of a client, or of all", async () => {
    const held = await allow(await allow([], other("kept")));
    const forgetting = async (clientId?: string) => [
      ...held,
      ...(await forgetAllowed(needs(), withCookies(held), clientId)),
    ];
    expect(await known(await forgetting("client"))).toEqual([]);
    expect(await known(await forgetting("client"), other("kept"))).toEqual(asked.scopes);
    expect(await known(await forgetting("nobody"))).toEqual(asked.scopes);
    expect(await known(await forgetting(), other("kept"))).toEqual([]);
    expect(await forgetAllowed(needs(), withCookies([]))).toEqual([]);
    clock.advance(91 * DAY);
    expect(await known(held)).toEqual([]);
  });

  it("CON-4 CON-8 is one small cookie, in which the newest clients are", async () => {
    let held: string[] = [];
    for (let client = 0; client < 12; client++) held = await allow(held, other(`client-${client}`));
    const cookie = withCookies(held).headers.get("cookie") ?? "";
    expect(cookie.split("; ")).toHaveLength(1);
    expect(cookie.length).toBeLessThan(500);
    expect(await known(held, other("client-11"))).toEqual(asked.scopes);
    expect(await known(held, other("client-0"))).toEqual([]);
  });

  it.each(["x", "s0.x", "__proto__"])("CON-8 is nothing that can be made up: %s", async (made) => {
    expect(await known([`__Host-allowed-earlier=${made}`])).toEqual([]);
  });
});
