import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { gateway } = stoppedAfterEach();

describe("rate-limit-by-key", () => {
  it("GW-7 answers 429 with Retry-After once the calls are used up, per key", async () => {
    const inbound = `<rate-limit-by-key calls="2" renewal-period="60" counter-key="@(context.Request.Headers.GetValueOrDefault("X", ""))" remaining-calls-header-name="X-Left" /><return-response />`;
    const onError =
      '<set-header name="X-Reason"><value>@(context.LastError.Source + context.LastError.Reason)</value></set-header>';
    const { url } = await gateway({ "api.xml": policies({ inbound, onError }) }, describeGateway({}));
    const get = (key: string) => fetch(`${url}/x`, { headers: { X: key } });
    expect([(await get("a")).headers.get("x-left"), (await get("a")).headers.get("x-left")]).toEqual([
      "1",
      "0",
    ]);
    const refused = await get("a");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused.headers.get("x-reason")).toBe("rate-limit-by-keyRateLimitExceeded");
    expect((await get("b")).status).toBe(200);
  });

  it("counts only what its condition says about the response", async () => {
    const inbound = `<rate-limit-by-key calls="1" renewal-period="60" counter-key="k" increment-condition="@(context.Response.StatusCode == 401)" />
      <return-response><set-status code="@(int.Parse(context.Request.Headers.GetValueOrDefault("X")))" /></return-response>`;
    const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    const statuses: number[] = [];
    for (const status of ["200", "200", "401", "200"])
      statuses.push((await fetch(`${url}/x`, { headers: { X: status } })).status);
    expect(statuses).toEqual([200, 200, 401, 429]);
  });
});
