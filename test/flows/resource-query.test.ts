import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, send, tokensOf } from "../support/oauth-client.ts";
import { arrivedAtClient, Person } from "../support/person.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

// A person may configure an MCP server's URL with a query, which the client then sends as `resource`.

const MIRA = "Mira Okafor";
const QUERY = "?utm_source=plugin&project_ref=a%20b";

const { twin } = useTwinWithNotes();
let notesUrl: string;
let client: OAuthClient;

beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
  client = await OAuthClient.register(twin.origin);
});

describe("an MCP server's URL with a query", () => {
  it("AUT-6 DIS-1 DIS-3 leads to the metadata of the same server, by the challenge and by its own path", async () => {
    const challenge = (await send(`${notesUrl}${QUERY}`, { method: "POST" })).headers.get("www-authenticate");
    const metadataUrl = /resource_metadata="([^"]+)"/.exec(challenge ?? "")?.[1];
    expect(metadataUrl).toBe(`${twin.origin}/.well-known/oauth-protected-resource/notes/mcp`);
    for (const url of [String(metadataUrl), `${metadataUrl}${QUERY}`]) {
      expect(await send(url)).toMatchObject({ status: 200, json: { resource: notesUrl } });
    }
  });

  it("AUT-6 signs in, refreshes and calls, with and without the query, for the server's own URL", async () => {
    const person = new Person(twin);
    const { request, code } = await client.authorize(person, MIRA, { resource: `${notesUrl}${QUERY}` });
    const first = tokensOf(await client.redeem(request, code, { resource: notesUrl }));
    const second = tokensOf(await client.refresh(first.refreshToken, { resource: `${notesUrl}/${QUERY}` }));
    for (const { accessToken } of [first, second]) {
      expect(decodeJwt(accessToken)).toMatchObject({ aud: notesUrl });
      expect((await client.callTool(`${notesUrl}${QUERY}`, accessToken, "anything")).status).toBe(200);
      expect((await client.callTool(notesUrl, accessToken, "anything")).status).toBe(200);
    }
  });

  it("AUT-6 may stand at the token endpoint alone", async () => {
    const { request, code } = await client.authorize(new Person(twin), MIRA, { resource: notesUrl });
    expect((await client.redeem(request, code, { resource: `${notesUrl}?a=b` })).status).toBe(200);
  });

  it("AUT-6 AUT-3 makes no other server of it, and is refused with a fragment", async () => {
    const { request, code } = await client.authorize(new Person(twin), MIRA, {
      resource: `${twin.mcpUrl}?resource=${notesUrl}`,
    });
    const refused = { status: 400, json: { error: "invalid_target" } };
    expect(await client.redeem(request, code, { resource: `${notesUrl}?a=b` })).toMatchObject(refused);
    expect(await client.redeem(request, code, { resource: `${twin.mcpUrl}?a=b#c` })).toMatchObject(refused);
    expect((await client.redeem(request, code)).status).toBe(200);
    for (const resource of [`${notesUrl}#`, `${notesUrl}?a=b#c`]) {
      const brought = arrivedAtClient(
        await new Person(twin).open(client.authorizationRequest({ resource }).url),
      );
      expect(new URL(brought).searchParams.get("error")).toBe("invalid_target");
    }
  });
});
