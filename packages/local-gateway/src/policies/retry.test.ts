import { describe, expect, it } from "vitest";
import { describeGateway, policies, stoppedAfterEach } from "../../testing/gateway.ts";

const { backend, gateway } = stoppedAfterEach();

describe("retry", () => {
  it("runs its policies again while the condition holds", async () => {
    let calls = 0;
    const server = await backend((_, response) => {
      calls++;
      response.writeHead(calls < 3 ? 503 : 200).end(String(calls));
    });
    const retry =
      '<retry condition="@(context.Response.StatusCode == 503)" count="5" interval="0"><forward-request buffer-request-body="true" /></retry>';
    const { url } = await gateway(
      { "api.xml": policies({ backend: retry }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const response = await fetch(`${url}/x`, { method: "POST", body: "again" });
    expect([response.status, await response.text(), calls]).toEqual([200, "3", 3]);
  });

  it("reads each response's body for its condition", async () => {
    let calls = 0;
    const server = await backend((_, response) => void response.end(++calls < 3 ? "later" : "now"));
    const retry = `<retry condition="@(context.Response.Body.As<string>(preserveContent: true) == "later")"
      count="5" interval="0"><forward-request /></retry>`;
    const { url } = await gateway(
      { "api.xml": policies({ backend: retry }) },
      describeGateway({ serviceUrl: server.url }),
    );
    expect([await (await fetch(`${url}/x`)).text(), calls]).toEqual(["now", 3]);
  });

  it("runs 51 times at most, where there is nothing to forward, too", async () => {
    const step = `<set-variable name="n" value="@(context.Variables.GetValueOrDefault<int>("n", 0) + 1)" />`;
    const loop = `<retry condition="@(true)" count="50" interval="0">${step}</retry>`;
    const answer = `<return-response><set-body>@(context.Variables["n"].ToString())</set-body></return-response>`;
    const { url } = await gateway({ "api.xml": policies({ inbound: loop + answer }) }, describeGateway({}));
    expect(await (await fetch(`${url}/x`)).text()).toBe("51");
  });
});
