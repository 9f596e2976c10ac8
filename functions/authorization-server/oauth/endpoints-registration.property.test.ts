import { beforeAll, describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import type { Dependencies } from "../dependencies.ts";
import { CLIENT_URI, checkAnswer, during, JSON_BODY, outage, SECRET, send } from "../testing/any-request.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { GRANT, useSessions } from "../testing/sessions.ts";

const sessions = useSessions();
let dependencies: Dependencies;
beforeAll(async () => {
  dependencies = makeDependencies(sessions);
});
describe("any request", () => {
  const deep = fc.nat(5000).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
  const asJson = (values: fc.Arbitrary<unknown>) => values.map((each) => JSON.stringify(each));
  const uri = fc.oneof(fc.constantFrom(CLIENT_URI, SECRET, "x:y"), fc.webUrl());
  const text = fc.constantFrom(SECRET, "none", "\ud800", "\u0000", "\u202e", "https://x.example/");
  const member = fc.oneof(
    { weight: 3, arbitrary: asJson(fc.jsonValue({ stringUnit: "binary" })) },
    { weight: 1, arbitrary: deep },
    { weight: 2, arbitrary: asJson(fc.array(uri)) },
    { weight: 2, arbitrary: asJson(text) },
  );
  const MEMBERS = [
    [
      "redirect_uris",
      "client_name",
      "client_uri",
      "grant_types",
      "response_types",
      "scope",
      "logo_uri",
      "jwks",
    ],
    ["token_endpoint_auth_method", "software_id", "software_version", "__proto__", "constructor", "toString"],
  ].flat();
  const usable = fc
    .constantFrom(SECRET, `${SECRET}${SECRET}`, "&lt;b>", "\u202e<b>")
    .map((name) => [`"redirect_uris":["${CLIENT_URI}"]`, `"client_name":${JSON.stringify(name)}`]);
  const metadata = fc
    .tuple(
      fc.oneof(usable, fc.constant([])),
      fc.array(fc.tuple(fc.constantFrom(...MEMBERS), member), { maxLength: 3 }),
    )
    .map(([base, members]) => [...base, ...members.map(([each, json]) => `"${each}":${json}`)])
    .map((members) => `{${members.join(",")}}`);

  it("CLI-1 CON-6 to register is a registration that authorize can work with, or says what is wrong", async () => {
    await fc.assert(
      fc.asyncProperty(metadata, outage, async (body, out) => {
        const answer = await send(during(dependencies, out), "register", { body, headers: JSON_BODY });
        await checkAnswer(answer.clone(), out !== "none");
        if (answer.status !== 201) return;
        const registered = (await answer.json()) as { client_id: string; redirect_uris: string[] };
        const query = new URLSearchParams({
          response_type: "code",
          client_id: registered.client_id,
          redirect_uri: registered.redirect_uris[0] ?? "",
          code_challenge: GRANT.challenge,
          code_challenge_method: "S256",
        });
        const page = await send(dependencies, "authorize", { query: query.toString() });
        expect(page.status).toBe(200);
        expect(await page.text()).not.toContain("<b>");
      }),
      { numRuns: 200 },
    );
  });
});
