import { beforeAll, describe, expect, it } from "vitest";
import type { LogLine } from "../../twin/component.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

/** What would end a line, write another, hide it from an operator's terminal, or end its JSON. */
const INJECTED = [
  '\r\n{"event":"signed_in","client":"forged"}\r\n',
  "\u001b[2K\u001b[1A\u001b]0;forged\u0007\u009b31m\u2028\u2029\u0085\u0000\u0008\u202Eforged",
  '","event":"signed_in","client":"forged","x":"%0d%0a$\u007bjndi:ldap://forged.example/a}',
  "x".repeat(2_000),
];
/** A line of a refused request is short, whatever the request was. */
const LONGEST_LINE = 1_000;

const twin = useTwin();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

/** Expects that whatever was logged meanwhile are single lines of ours, in which nothing of what came stands. */
async function expectOrderlyLog(attempt: () => Promise<unknown>): Promise<readonly LogLine[]> {
  const { length: before } = await twin.allLogs();
  await attempt();
  const lines = (await twin.allLogs()).slice(before).filter(({ component }) => component !== "entra");
  expect(lines.length).toBeGreaterThan(0);
  for (const { component, message } of lines) {
    const { event } = JSON.parse(message) as { event?: unknown };
    expect(event).toMatch(/^[a-z_]+$/);
    expect(message).toMatch(/^[ -~]*$/);
    expect(message).not.toMatch(/\$\{/);
    if (component !== "gateway") expect(message).not.toContain("forged");
    expect(message.length).toBeLessThan(LONGEST_LINE);
  }
  return lines;
}

const asJson = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe.each(INJECTED.map((text) => [JSON.stringify(text.slice(0, 40)), text] as const))(
  "log injection: %s",
  (_, text) => {
    const encoded = encodeURIComponent(text);

    it("GW-8 by every parameter of an authorization request", async () => {
      await expectOrderlyLog(async () => {
        for (const name of [
          "client_id",
          "redirect_uri",
          "response_type",
          "scope",
          "resource",
          "state",
          "prompt",
        ]) {
          await send(client.authorizationRequest({ [name]: text }).url);
        }
        await send(client.authorizationRequest({ client_id: `https://client.example/${text}` }).url);
        await send(`${client.authorizationRequest().url}&${encoded}=${encoded}&${encoded}=${encoded}`);
      });
    });

    it("GW-8 by the members of a registration, and the sign-in of a client so named", async () => {
      await expectOrderlyLog(async () => {
        const metadata = {
          client_uri: text.slice(0, 1_000),
          scope: text.slice(0, 100),
          software_id: text.slice(0, 100),
        };
        const named = await OAuthClient.register(twin.origin, {
          client_name: text.slice(0, 100),
          ...metadata,
        });
        await named.signIn(new Person(twin), MIRA);
        await send(`${twin.origin}/register`, asJson({ redirect_uris: [text], [text]: text }));
        await send(
          `${twin.origin}/register`,
          asJson({ ...metadata, redirect_uris: [client.redirectUri], grant_types: [text] }),
        );
        await send(`${twin.origin}/register`, { ...asJson({}), body: text });
      });
    });

    it("GW-8 by what comes back from Entra", async () => {
      await expectOrderlyLog(async () => {
        const person = new Person(twin);
        const entra = await person.askEntra(client.authorizationRequest().url);
        const state = entra.url.searchParams.get("state");
        await person.open(
          `${twin.origin}/callback?state=${encoded}&error=${encoded}&error_description=${encoded}`,
        );
        await person.open(
          `${twin.origin}/callback?state=${state}&error=${encoded}&error_description=${encoded}`,
        );
        await person.open(`${twin.origin}/callback?state=${encoded}&code=${encoded}`);
        for (const each of [text, state ?? ""]) {
          const answer = { state: each, error: text, error_description: text, [text]: text };
          await person.postFrom(twin.entra.url, `${twin.origin}/callback`, answer);
        }
      });
    });

    it("GW-8 by tokens, clients and secrets at the token endpoint", async () => {
      await expectOrderlyLog(async () => {
        for (const name of [
          "client_id",
          "grant_type",
          "code",
          "redirect_uri",
          "code_verifier",
          "resource",
          text,
        ]) {
          await client.redeem(client.authorizationRequest(), "code", { [name]: text });
        }
        await client.refresh(text, { scope: text, client_secret: text });
        await client.redeem(client.authorizationRequest(), "code", {
          client_assertion: text,
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        });
        await client.revoke(text, { token_type_hint: text });
      });
    });

    it("GW-8 by headers and paths", async () => {
      const header = text.replace(/[^\t\x20-\x7e]/g, "").trim();
      await expectOrderlyLog(async () => {
        for (const name of ["x-correlation-id", "user-agent", "authorization", "x-forwarded-for", "origin"]) {
          await rawRequest(twin.origin, "/token", { method: "POST", headers: { [name]: header } });
          await rawRequest(twin.origin, "/mcp", { method: "POST", headers: { [name]: header } });
        }
        await rawRequest(twin.origin, `/${encoded.slice(0, 300)}`);
        await rawRequest(twin.origin, `/token?${encoded}`, { method: "POST" });
      });
    });
  },
);
