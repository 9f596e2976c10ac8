import { describe, expect, it } from "vitest";
import { describeGateway, policies } from "../../testing/gateway.ts";
import { startedPerTest } from "../../testing/policies.ts";

const { backend, gateway, seenThrough } = startedPerTest();

describe("what goes to the backend", () => {
  it("set-body replaces the body and its length", async () => {
    const seen = await seenThrough(
      '<set-body>@("new " + context.Request.Body.As<string>())</set-body>',
      "/x",
      { method: "POST", body: "old" },
    );
    expect(seen.body).toBe("new old");
    expect(seen.headers["content-length"]).toBe("7");
  });

  it("a body read with preserveContent goes on whole, one read without goes on empty", async () => {
    const read = (preserve: string) =>
      `<set-variable name="a" value="@(context.Request.Body.As<string>(${preserve}))" />`;
    expect((await seenThrough(read("true"), "/x", { method: "POST", body: "old" })).body).toBe("old");
    expect((await seenThrough(read(""), "/x", { method: "POST", body: "old" })).body).toBe("");
  });

  it("set-method, rewrite-uri and set-query-parameter", async () => {
    const seen = await seenThrough(
      '<set-method>PUT</set-method><rewrite-uri template="/new?c=3" /><set-query-parameter name="a"><value>2</value></set-query-parameter>',
      "/x?a=1&b=2",
    );
    expect([seen.method, seen.url]).toEqual(["PUT", "/base/new?c=3&b=2&a=2"]);
  });

  it("rewrite-uri may leave the query behind", async () => {
    expect(
      (await seenThrough('<rewrite-uri template="/new" copy-unmatched-params="false" />', "/x?a=1")).url,
    ).toBe("/base/new");
  });

  it("set-backend-service", async () => {
    const other = await backend((_, response) => response.end("other"));
    expect(
      await (async () => {
        const { url } = await gateway(
          { "api.xml": policies({ inbound: '<set-backend-service base-url="{{other}}" />' }) },
          describeGateway({ namedValues: { other: other.url } }),
        );
        return (await fetch(`${url}/x`)).text();
      })(),
    ).toBe("other");
  });
});
