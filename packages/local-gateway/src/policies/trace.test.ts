import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { gateway } = stoppedAfterEach();

describe("trace", () => {
  it("writes its message to the log", async () => {
    const inbound =
      '<trace source="mine" severity="error"><message>@("about " + context.Api.Id)</message><metadata name="more" value="x" /></trace><return-response />';
    const { url, lines } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    await fetch(`${url}/x`);
    const line = lines.find((each) => each.message.includes('"event":"trace"'));
    expect(line?.level).toBe("error");
    expect(JSON.parse(line?.message ?? "{}")).toMatchObject({
      source: "mine",
      message: "about test",
      more: "x",
      policy: "api.xml:2",
    });
  });
});
