import { describe, expect, it } from "vitest";
import { describeGateway, policies } from "../../testing/gateway.ts";
import { respond, startedPerTest } from "../../testing/policies.ts";

const { answer, gateway } = startedPerTest();

describe("cache", () => {
  const store =
    '<cache-store-value key="k" value="@(context.Request.Headers.GetValueOrDefault("X"))" duration="60" />';
  const lookup = `<cache-lookup-value key="k" variable-name="v" />${respond('context.Variables.ContainsKey("v") ? (string)context.Variables["v"] : "miss"')}`;
  const inbound = `<choose><when condition="@(context.Request.Method == "POST")">${store}<return-response /></when><otherwise>${lookup}</otherwise></choose>`;

  it("GW-5 keeps a value until it is cleared", async () => {
    const { url, gateway: local } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    const get = async () => (await fetch(`${url}/x`)).text();
    expect(await get()).toBe("miss");
    await fetch(`${url}/x`, { method: "POST", headers: { X: "stored" } });
    expect(await get()).toBe("stored");
    expect(local.cache.size).toBe(1);
    local.cache.clear();
    expect(await get()).toBe("miss");
  });

  it("stores asynchronously: a lookup right behind it misses", async () => {
    expect(await answer(`<cache-store-value key="k" value="v" duration="60" />${lookup}`)).toBe("miss");
  });

  it("gives the default on a miss, and removes values", async () => {
    const policy = `<cache-lookup-value key="none" variable-name="v" default-value="default" /><cache-remove-value key="k" />${respond('(string)context.Variables["v"]')}`;
    expect(await answer(policy)).toBe("default");
  });

  it("fails for a duration that is not positive at run time", async () => {
    expect(await answer('<cache-store-value key="k" value="v" duration="@(0)" />')).toContain(
      '"statusCode":500',
    );
  });
});
