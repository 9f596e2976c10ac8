import { describe, expect, it } from "vitest";
import { respond, startedPerTest } from "../../testing/policies.ts";

const { answer } = startedPerTest();

describe("choose", () => {
  it.each([
    ["a", "first"],
    ["b", "second"],
    ["c", "otherwise"],
  ])("X: %s takes %s", async (value, result) => {
    const branch = (text: string) => `<set-variable name="v" value="${text}" />`;
    const inbound = `<choose>
      <when condition="@(context.Request.Headers.GetValueOrDefault("X") == "a")">${branch("first")}</when>
      <when condition="@(context.Request.Headers.GetValueOrDefault("X") == "b")">${branch("second")}</when>
      <otherwise>${branch("otherwise")}</otherwise>
    </choose>${respond('(string)context.Variables["v"]')}`;
    expect(await answer(inbound, { headers: { X: value } })).toBe(result);
  });

  it("reads the body for a condition that looks at it", async () => {
    const inbound = `<choose>
      <when condition="@(context.Request.Method == "GET")"><set-variable name="v" value="no body" /></when>
      <when condition="@(context.Request.Body.As<string>() == "text")"><set-variable name="v" value="read" /></when>
    </choose>${respond('(string)context.Variables["v"]')}`;
    expect(await answer(inbound, { method: "POST", body: "text" })).toBe("read");
  });
});
