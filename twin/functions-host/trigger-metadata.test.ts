import { describe, expect, it } from "vitest";
import { type TriggerRequest, triggerMetadata } from "./trigger-metadata.ts";

function metadataOf(query: string, request: Partial<TriggerRequest> = {}) {
  return triggerMetadata({
    rawHeaders: ["Host", "app.example", "Cookie", "a=1", "cookie", "b=2"],
    query: new URLSearchParams(query),
    parameters: {},
    body: "",
    ...request,
  });
}

describe("trigger metadata", () => {
  it("has the query's parameters under their own names, the query, and the header fields", () => {
    expect(metadataOf("a=1&a=2&code=secret&Code=secret")).toEqual({
      a: { string: "2" },
      Query: { json: '{"a":"2","code":"secret","Code":"secret"}' },
      Headers: { json: '{"host":"app.example","cookie":"a=1; b=2"}' },
    });
  });

  it("has a JSON body's members, but for arrays and null, whatever its content type", () => {
    const body = '{"text":"x","number":1,"object":{"a b":"c"},"array":[1],"nothing":null,"__proto__":"y"}';
    expect(Object.entries(metadataOf("", { body })).slice(0, 4)).toEqual([
      ["text", { string: "x" }],
      ["number", { string: "1" }],
      ["object", { json: '{"a b":"c"}' }],
      ["__proto__", { string: "y" }],
    ]);
  });

  it.each(["[1]", "null", "1", '"text"', "{", "", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`])(
    "has none of a body that is no JSON object, or too deep",
    (body) => {
      expect(Object.keys(metadataOf("", { body }))).toEqual(["Query", "Headers"]);
    },
  );

  it("lets a query win over a body, and a route over both, in the spelling that came first", () => {
    const body = '{"headers":{"x":"body"},"ID":"body"}';
    expect(metadataOf("Headers=query&id=query", { body, parameters: { Id: "route" } })).toEqual({
      headers: { string: "query" },
      ID: { string: "route" },
      Query: { json: '{"Headers":"query","id":"query"}' },
    });
  });
});
