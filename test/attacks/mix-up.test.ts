import { beforeEach, describe, expect, it } from "vitest";
import { useStarted } from "../../functions/testing/started.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { changeDocument } from "../support/change-document.ts";
import { startHostileAuthorizationServer } from "../support/hostile-authorization-server.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useTwin } from "../support/use-twin.ts";

// The mix-up attack (RFC 9207 §1, RFC 9700 §4.4), played with the official SDK as the victim's client. The victim connects to
// an MCP server of the attacker's; the attacker's authorization server leads on to this gateway.

const MIRA = "Mira Okafor";

const twin = useTwin();
const redirects = useRedirectListener();
const attacker = useStarted("the attacker's server", startHostileAuthorizationServer, (server) =>
  server.close(),
);

beforeEach(() => attacker.forget());

/** Lets the victim's client connect to the attacker's server, and the person approve and sign in wherever that leads. */
async function play(attackers: OAuthClient): Promise<unknown> {
  attacker.mixUpWith(attackers, twin.mcpUrl);
  const provider = new MemoryOAuthProvider({ name: "Victim", redirectUri: redirects.url });
  const program = sdkV2Program({ mcpUrl: attacker.mcpUrl, redirects, provider });
  return program
    .connect(async (url) => arriveAt(await new Person(twin).allow(url.href, MIRA)))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

/** What arrived at the attacker's token endpoint, by name. */
const obtained = () => attacker.tokenRequests.flatMap((form) => [...form.keys()]);

/** The victim's redirect URI with the attacker's issuer in its query, spelled so. */
const carrying = (name: string) => `${redirects.url}?${name}=${encodeURIComponent(attacker.issuer)}`;

const register = (redirectUri: string) =>
  send(`${twin.origin}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "Victim", redirect_uris: [redirectUri] }),
  });

describe("a mix-up of this gateway with an attacker's authorization server", () => {
  it.each(["iss", "%69ss", "i%73%73", "a=b&iss"])(
    "CLI-9 gets neither code nor verifier from the official SDK through a redirect URI with %s in its query",
    async (name) => {
      const { status, json } = await register(carrying(name));
      // What was registered is played to its end.
      if (status === 201) await play(new OAuthClient(twin.origin, String(json["client_id"]), carrying(name)));
      expect(obtained()).toEqual([]);
      expect([status, json["error"]]).toEqual([400, "invalid_redirect_uri"]);
    },
  );

  it("CLI-9 gets neither through a registration that was stored before such redirect URIs were refused", async () => {
    const { id } = await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url] });
    await changeDocument(twin, "clients", id, (document) => ({
      ...document,
      metadata: { ...(document["metadata"] as object), redirect_uris: [carrying("iss")] },
    }));
    const failure = await play(new OAuthClient(twin.origin, id, carrying("iss")));
    expect(obtained()).toEqual([]);
    expect(failure).toMatchObject({ message: expect.stringContaining("no form on the page") });
  });

  it("CLI-9 AUT-2 gets neither without it: the answer names this gateway, and the SDK goes no further", async () => {
    const failure = await play(
      await OAuthClient.register(twin.origin, { redirect_uris: [redirects.url], client_name: "Victim" }),
    );
    expect(obtained()).toEqual([]);
    expect(failure).toMatchObject({ name: "IssuerMismatchError" });
  });
});
