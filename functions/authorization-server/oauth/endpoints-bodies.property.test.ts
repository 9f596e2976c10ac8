import { beforeAll, describe, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import type { Dependencies } from "../dependencies.ts";
import { type RouteName, routes } from "../routes.ts";
import { check, FORM, JSON_BODY, outage } from "../testing/any-request.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { useSessions } from "../testing/sessions.ts";

const sessions = useSessions();
let dependencies: Dependencies;
beforeAll(async () => {
  dependencies = makeDependencies(sessions);
});
describe("any request", () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ maxDepth: 6 }),
    fc.string({ unit: "binary" }),
    fc.constantFrom("[", '{"a":').chain((open) => fc.nat(30_000).map((times) => open.repeat(times))),
    fc.nat(12_000).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
    fc.integer({ min: 65_000, max: 70_000 }).map((size) => JSON.stringify({ a: "x".repeat(size) })),
  );

  it.each(Object.keys(routes) as RouteName[])(
    "SES-4 to %s gets an answer of ours, with any body",
    async (route) => {
      const query = fc.string({ unit: "binary" }).map((text) => text.replaceAll("#", ""));
      const type = fc.constantFrom(FORM, JSON_BODY);
      await fc.assert(
        fc.asyncProperty(query, bodies, type, outage, async (text, body, contentType, out) => {
          const sent = { query: text, body, headers: { ...contentType, ...SAME_ORIGIN } };
          await check(dependencies, out, route, sent);
        }),
        { numRuns: 60 },
      );
    },
  );
});
