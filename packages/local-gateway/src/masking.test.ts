import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../testing/gateway.ts";
import type { GatewayDescription } from "./description.ts";
import { masking } from "./masking.ts";

const { backend, gateway } = stoppedAfterEach();

const SECRET = 'open "sesame" \\ now';

/** The description of one API with this value under the name `key`. */
function withSecret(value: string, serviceUrl?: string): GatewayDescription {
  return {
    ...describeGateway(serviceUrl === undefined ? {} : { serviceUrl }),
    namedValues: [{ name: "key", value, secret: true }],
  };
}

describe("masking", () => {
  it("replaces the longest secret first, wherever and however often it stands", () => {
    const mask = masking(["abc", "abcdef", ""]);
    expect(mask("xabcdefx abc abc $&")).toBe("x***x *** *** $&");
  });
});

describe("a secret named value", () => {
  it("GW-8 reaches the backend, and no line of the log", async () => {
    const seen: string[] = [];
    const server = await backend((request, response) => {
      seen.push(String(request.headers["x-key"]));
      response.end();
    });
    const inbound = `<set-header name="X-Key"><value>{{key}}</value></set-header>
      <trace source="mine"><message>@(new JObject(new JProperty("key", context.Request.Headers.GetValueOrDefault("X-Key", ""))).ToString())</message></trace>
      <emit-metric name="n"><dimension name="d" value="@(context.Request.Headers.GetValueOrDefault("X-Key", ""))" /></emit-metric>`;
    const { url, lines } = await gateway(
      { "api.xml": policies({ inbound }) },
      withSecret(SECRET, server.url),
    );
    expect((await fetch(`${url}/x`)).status).toBe(200);
    expect(seen).toEqual([SECRET]);
    const log = lines.map(({ message }) => message).join("\n");
    expect(log).not.toContain("sesame");
    expect(log.match(/\*\*\*/g)).toHaveLength(2);
  });

  it("GW-8 is in no message about a policy that does not load", async () => {
    const inbound = '<rate-limit-by-key calls="{{key}}" renewal-period="60" counter-key="x" />';
    await expect(gateway({ "api.xml": policies({ inbound }) }, withSecret("sesame"))).rejects.toThrow(
      /"calls" is not an integer: "\*\*\*"/,
    );
  });
});
