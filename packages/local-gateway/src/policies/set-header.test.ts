import { describe, expect, it } from "vitest";
import { describeGateway, policies } from "../../testing/gateway.ts";
import { echo, startedPerTest } from "../../testing/policies.ts";

const { backend, gateway, seenThrough } = startedPerTest();

describe("set-header", () => {
  it.each([
    ["override", "new", "new"],
    ["skip", "new", "old"],
    ["append", "new", "old, new"],
    ["delete", "new", undefined],
  ])("%s", async (action, value, result) => {
    const policy = `<set-header name="X-A" exists-action="${action}"><value>${value}</value></set-header>`;
    const { headers } = await seenThrough(policy, "/x", { headers: { "X-A": "old" } });
    expect(headers["x-a"]).toBe(result);
  });

  it("sends several values, and changes the response in outbound", async () => {
    const outbound =
      '<base /><set-header name="Set-Cookie" exists-action="append"><value>a=1</value><value>b=2</value></set-header><set-header name="X-Backend" exists-action="delete" />';
    const server = await backend(echo);
    const { url } = await gateway(
      { "api.xml": policies({ outbound }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${url}/x`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.has("x-backend")).toBe(false);
  });

  it.each(["Connection", "content-length", "Keep-Alive", "TRANSFER-ENCODING"])(
    "refuses to change what belongs to the connection: %s",
    async (name) => {
      const { url, lines } = await gateway(
        { "api.xml": policies({ inbound: `<set-header name="@("${name}")" exists-action="delete" />` }) },
        describeGateway({}),
      );
      expect((await fetch(`${url}/x`)).status).toBe(500);
      expect(lines.map(({ message }) => message).join()).toContain("restricted from modification");
    },
  );

  it("refuses a value with a line break", async () => {
    const { url } = await gateway(
      {
        "api.xml": policies({ inbound: '<set-header name="A"><value>@("b\\r\\nC: d")</value></set-header>' }),
      },
      describeGateway({}),
    );
    expect((await fetch(`${url}/x`)).status).toBe(500);
  });
});
