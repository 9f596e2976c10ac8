import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { dataKeys } from "../keys/data-keys.ts";
import { register } from "../oauth/register.ts";
import { refreshSession } from "../sessions/refresh.ts";
import { revokeSession } from "../sessions/revoke.ts";
import { userToken } from "../sessions/user-token.ts";
import { withdrawScope } from "../sessions/withdraw-scope.ts";
import { makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { begin, claimsOf, signIn, useSessions } from "../testing/sessions.ts";
import { containers } from "./containers.ts";

const text = await readFile(join(import.meta.dirname, "README.md"), "utf8");

interface Example {
  readonly container: string;
  readonly title: string;
  readonly json: string;
}

/** Each block of JSON, under the nearest headings. */
const examples: readonly Example[] = text.split(/^## /m).flatMap((section) => {
  const [, container = ""] = /^`(\w+)`/.exec(section) ?? [];
  return section.split(/^### /m).flatMap((part) => {
    const [, json] = /^```json\n([\s\S]*?)^```$/m.exec(part) ?? [];
    return json === undefined ? [] : [{ container, title: part.split("\n")[0] ?? "", json }];
  });
});

/** Members and their types, and what each document says of its own end; without the members that Cosmos DB adds. */
function shape(value: unknown, name = ""): unknown {
  if (name === "ttl") return value;
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shape(each))))];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith("_"))
      .map(([key, member]) => [key, shape(member, key)]),
  );
}

const sessions = useSessions();
/** What the flows wrote, by the title of its example. */
const written = new Map<string, { readonly container: string; readonly document: unknown }>();

beforeAll(async () => {
  const { clock, store, upstream } = sessions;
  const note = async (title: string, id: unknown) => {
    const found = (await store.documents()).find(({ document }) => document["id"] === id);
    if (!found) throw new Error(`nothing was written for "${title}"`);
    written.set(title, found);
  };
  const dependencies = makeDependencies(sessions);
  const registered = async (metadata: object): Promise<string> => {
    const response = await register(dependencies)(
      new Request("https://as.example/register", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ grant_types: ["authorization_code", "refresh_token"], ...metadata }),
      }),
      makeCall(),
    );
    return ((await response.json()) as { client_id: string }).client_id;
  };

  const editor = await registered({
    redirect_uris: ["http://localhost:6274/callback"],
    client_name: "Editor",
    client_uri: "https://editor.example/",
    scope: "mcp.tools",
    software_id: "editor",
    software_version: "1",
  });
  await note("A registration", editor);
  const app = await registered({
    redirect_uris: ["https://app.example/callback"],
    client_name: "App",
    token_endpoint_auth_method: "private_key_jwt",
    jwks_uri: "https://app.example/jwks",
  });
  await dependencies.clients.noteUse(app);
  await dependencies.clients.oweClaims(app, { user: "user", server: "graph", claims: "{}" });
  await note("A registration with keys, after a backend asked for claims", app);
  const assistant = await registered({
    redirect_uris: ["https://assistant.example/callback"],
    client_name: "Assistant",
    token_endpoint_auth_method: "client_secret_post",
  });
  await dependencies.clients.noteUse(assistant);
  await note("A registration with a secret, after the first sign-in", assistant);

  await dependencies.clients.oweClaims("inspector", { user: "user", server: "graph", claims: "{}" });
  const owed = (await store.documents()).find(({ container }) => container === "claims");
  await note("Claims that a person owes", owed?.document["id"]);

  const instance = sessions.instance();
  await note("A session that has begun", (await begin(instance)).session);
  await note("A session whose code was redeemed", (await signIn(instance)).session);

  const used = await signIn(instance);
  const { sub: user, sid: session, aud } = claimsOf(used.tokens);
  const kept = upstream.answer;
  upstream.answer = async (tokens, scope) => ({
    ...(await kept(tokens, scope)),
    renewed: { ...tokens, cache: "renewed" },
  });
  await userToken(instance, { user, session }, aud, {});
  upstream.answer = kept;
  clock.advance(60);
  await refreshSession(instance, { refreshToken: used.refreshToken, clientId: "client" });
  await withdrawScope(instance, { user, session }, "mcp.admin");
  await note("A session in use", session);

  const ended = await signIn(instance);
  const stored = await instance.documents.read(ended.session, claimsOf(ended.tokens).sub);
  if (stored) await revokeSession(instance, stored, "client_request");
  await note("A session that was revoked", ended.session);

  const vault = {
    wrap: async () => ({ wrapped: new Uint8Array(8), version: "1" }),
    unwrap: async () => new Uint8Array(32),
  };
  const { keys } = store.open();
  await dataKeys({ vault, documents: keys, wrappingKey: "wrapping", period: 60, now: clock.now }).current();
  await note("The data keys", "data-keys");
});
describe("the store's README", () => {
  it.each(examples)(
    "SES-1 shows a document of $container as it is written: $title",
    ({ container, title, json }) => {
      const real = written.get(title);
      expect(real?.container).toBe(container);
      expect(shape(JSON.parse(json))).toEqual(shape(real?.document));
    },
  );

  it("shows one for everything that was written here, and at least one of each container", () => {
    expect(examples.map(({ title }) => title).sort()).toEqual([...written.keys()].sort());
    expect([...new Set(examples.map(({ container }) => container))].sort()).toEqual(
      Object.keys(containers).sort(),
    );
  });

  it("names each container's partition", () => {
    for (const [name, { partitionKey }] of Object.entries(containers)) {
      expect(text).toContain(`| \`${name}\` | \`${partitionKey}\` |`);
    }
  });
});
