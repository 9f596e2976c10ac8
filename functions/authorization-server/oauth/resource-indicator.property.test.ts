import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { OAuthError } from "../errors.ts";
import { refusalOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { serverForResource } from "./resource-indicator.ts";

const { servers } = resolvedGateway();
const server = fc.constantFrom(...servers);
const resource = server.map((each) => each.resource);

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc
    .tuple(resource, fc.constantFrom("?", "?a", "#", "#a", "//", "/?", "/.", "%2f", "\\", "x", "/x"))
    .map(([uri, more]) => uri + more),
  fc.tuple(resource, fc.string({ unit: "binary", maxLength: 4 })).map(([uri, more]) => uri + more),
  fc.tuple(fc.string({ unit: "binary", maxLength: 4 }), resource).map(([more, uri]) => more + uri),
  fc
    .tuple(resource, fc.nat(60), fc.string({ unit: "binary", maxLength: 2 }))
    .map(([uri, at, more]) => uri.slice(0, at) + more + uri.slice(at + 1)),
);

describe("a resource indicator", () => {
  it("AUT-3 finds its server in any case of scheme and host, with one slash at the end or none", () => {
    fc.assert(
      fc.property(server, fc.infiniteStream(fc.boolean()), fc.boolean(), (expected, upper, slash) => {
        const { origin } = new URL(expected.resource);
        const written = [...origin].map((each) => (upper.next().value ? each.toUpperCase() : each)).join("");
        const path = expected.resource.slice(origin.length);
        expect(serverForResource(`${written}${path}${slash ? "/" : ""}`, servers)).toBe(expected);
      }),
    );
  });

  it("AUT-6 finds its server whatever its query is", () => {
    fc.assert(
      fc.property(server, fc.boolean(), fc.webQueryParameters(), (expected, slash, query) => {
        expect(serverForResource(`${expected.resource}${slash ? "/" : ""}?${query}`, servers)).toBe(expected);
      }),
    );
  });

  it("AUT-3 AUT-6 names the very URL of a server, its query aside, or is refused as invalid_target", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          const found = serverForResource(text, servers);
          const [uri = ""] = text.split("?");
          expect(text).not.toContain("#");
          expect(new URL(uri).href.replace(/\/$/, "")).toBe(found.resource);
          expect(uri.toLowerCase().replace(/\/$/, "")).toBe(found.resource.toLowerCase());
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          expect(refusalOf(() => serverForResource(text, servers)).code).toBe("invalid_target");
        }
      }),
      { numRuns: 1000 },
    );
  });
});
