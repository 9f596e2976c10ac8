import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { backend, gateway } = stoppedAfterEach();

describe("on-error", () => {
  const describeError = `<return-response><set-status code="@(context.Response.StatusCode)" /><set-body>@(string.Join("|", context.LastError.Source, context.LastError.Reason, context.LastError.Scope, context.LastError.Section, context.LastError.Path, context.LastError.PolicyId, context.LastError.Message))</set-body></return-response>`;

  it("GW-8 sees what failed in context.LastError", async () => {
    const inbound = `<choose><when condition="true"><set-variable name="a" value="1" /></when><otherwise /></choose>
      <choose><when condition="true"><set-variable id="mine" name="b" value="@(context.User.Id)" /></when></choose>`;
    const { url, lines } = await gateway(
      { "api.xml": policies({ inbound, onError: describeError }) },
      describeGateway({}),
    );
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe(
      "set-variable|ExpressionValueEvaluationFailure|api|inbound|choose[2]/when/set-variable|mine|Expression evaluation failed. Object reference not set to an instance of an object.",
    );
    expect(lines.map((line) => line.message).join("\n")).toContain('"policy":"api.xml:3"');
  });

  it("GW-8 answers without internals when nobody handles the error", async () => {
    const { url } = await gateway(
      { "api.xml": policies({ inbound: '<set-variable name="a" value="@(context.User.Id)" />' }) },
      describeGateway({}),
    );
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      statusCode: 500,
      message: "Internal server error",
      activityId: expect.any(String),
    });
  });

  it("answers 500 when on-error fails itself", async () => {
    const fail = '<set-variable name="a" value="@(context.User.Id)" />';
    const { url } = await gateway(
      { "api.xml": policies({ inbound: fail, onError: fail }) },
      describeGateway({}),
    );
    expect((await fetch(`${url}/x`)).status).toBe(500);
  });

  it("keeps the backend's response when fail-on-error-status-code asks for it", async () => {
    const server = await backend((_, response) => void response.writeHead(503).end("down"));
    const { url } = await gateway(
      {
        "api.xml": policies({
          backend: '<forward-request fail-on-error-status-code="true" />',
          onError: '<set-header name="X-Failed"><value>@(context.LastError.Source)</value></set-header>',
        }),
      },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${url}/x`);
    expect([response.status, response.headers.get("x-failed"), await response.text()]).toEqual([
      503,
      "forward-request",
      "down",
    ]);
  });
});
