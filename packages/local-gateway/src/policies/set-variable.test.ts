import { describe, expect, it } from "vitest";
import { describeGateway, policies } from "../../testing/gateway.ts";
import { respond, startedPerTest } from "../../testing/policies.ts";

const { answer, gateway } = startedPerTest();

describe("set-variable", () => {
  const kept = (value: string) =>
    `<set-variable name="v" value="${value}" />${respond('context.Variables["v"].ToString()')}`;

  it.each([
    ['@("a")', "a"],
    ["@(7)", "7"],
    ["@(true)", "True"],
    ["@(TimeSpan.FromSeconds(5))", "00:00:05"],
  ])("keeps %s", async (value, text) => {
    expect(await answer(kept(value))).toBe(text);
  });

  it.each([
    ["@(new JObject())", "JObject"],
    ["@(\"a b\".Split(' '))", "an array"],
    ['@{ return JObject.Parse("{}"); }', "JObject"],
  ])("refuses %s, as its reference lists basic types alone", async (value, type) => {
    const { url, lines } = await gateway(
      { "api.xml": policies({ inbound: kept(value) }) },
      describeGateway({}),
    );
    expect((await fetch(`${url}/x`)).status).toBe(500);
    expect(lines.map((line) => line.message).join("\n")).toContain(`is of type ${type};`);
  });
});
