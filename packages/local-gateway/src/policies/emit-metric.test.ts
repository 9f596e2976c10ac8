import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { gateway } = stoppedAfterEach();

/** Calls a gateway with this inbound section. @returns the metrics that it wrote */
async function emitted(inbound: string) {
  const { url, lines } = await gateway(
    { "api.xml": policies({ inbound: `${inbound}<return-response />` }) },
    describeGateway({}),
  );
  await fetch(`${url}/x`);
  return lines
    .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
    .filter(({ event }) => event === "metric");
}

const refused = (element: string) =>
  expect(gateway({ "api.xml": policies({ inbound: element }) }, describeGateway({}))).rejects;

describe("emit-metric", () => {
  it("writes name, namespace, value and dimensions to the log", async () => {
    const [metric, ...others] = await emitted(
      '<emit-metric name="calls" namespace="mine" value="@(context.Variables.Count + 2)"><dimension name="Api" value="@(context.Api.Id)" /><dimension name="Kind" value="fixed" /></emit-metric>',
    );
    expect(others).toEqual([]);
    expect(metric).toMatchObject({ namespace: "mine", name: "calls", value: 2, policy: "api.xml:2" });
    expect(JSON.parse(String(metric?.["dimensions"]))).toEqual({ Api: "test", Kind: "fixed" });
  });

  it("counts one in API Management's own namespace unless told otherwise, and takes fractions", async () => {
    const dimension = '<dimension name="a" value="b" />';
    expect(await emitted(`<emit-metric name="n">${dimension}</emit-metric>`)).toMatchObject([
      { namespace: "API Management", value: 1 },
    ]);
    expect(await emitted(`<emit-metric name="n" value="1.5">${dimension}</emit-metric>`)).toMatchObject([
      { value: 1.5 },
    ]);
    expect(
      await emitted(`<emit-metric name="n" value="@(context.Elapsed.TotalDays)">${dimension}</emit-metric>`),
    ).toMatchObject([{ value: expect.any(Number) }]);
  });

  it("refuses what API Management refuses: no dimension, more than ten, one without a value, no number", async () => {
    await refused('<emit-metric name="n" />').toThrow("has 0 dimensions; 1 to 10 are allowed");
    const eleven = Array.from({ length: 11 }, (_, index) => `<dimension name="d${index}" value="x" />`);
    await refused(`<emit-metric name="n">${eleven.join("")}</emit-metric>`).toThrow("has 11 dimensions");
    await refused('<emit-metric name="n"><dimension name="API ID" /></emit-metric>').toThrow(
      '<dimension> needs the attribute "value"',
    );
    await refused(
      '<emit-metric name="n" value="many"><dimension name="d" value="x" /></emit-metric>',
    ).toThrow('"value" is not a number: "many"');
    await refused(
      '<emit-metric name="@(context.Api.Id)"><dimension name="d" value="x" /></emit-metric>',
    ).toThrow('"name" cannot be an expression');
  });
});
