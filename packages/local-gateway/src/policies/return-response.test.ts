import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { backend, gateway } = stoppedAfterEach();

describe("return-response", () => {
  it("ends everything and answers as it says", async () => {
    const inbound = `<return-response>
      <set-status code="418" reason="Teapot" />
      <set-header name="Content-Type"><value>application/json</value></set-header>
      <set-body>{"a": 1}</set-body>
    </return-response><set-variable name="never" value="@(int.Parse("x"))" />`;
    const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    const response = await fetch(`${url}/x`);
    expect([response.status, response.statusText, response.headers.get("content-type")]).toEqual([
      418,
      "Teapot",
      "application/json",
    ]);
    expect(await response.json()).toEqual({ a: 1 });
  });

  it("hands a response from a variable on", async () => {
    const server = await backend((_, response) => void response.writeHead(202, { "X-Own": "1" }).end("body"));
    const inbound = `<send-request response-variable-name="r"><set-url>${server.url}</set-url></send-request>
      <return-response response-variable-name="r"><set-header name="X-More"><value>2</value></set-header></return-response>`;
    const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
    const response = await fetch(`${url}/x`);
    expect([
      response.status,
      response.headers.get("x-own"),
      response.headers.get("x-more"),
      await response.text(),
    ]).toEqual([202, "1", "2", "body"]);
  });
});
