import { describe, expect, it } from "vitest";
import { describeGateway, policies } from "../../testing/gateway.ts";
import { echo, respond, type Seen, startedPerTest } from "../../testing/policies.ts";

const { answer, backend, gateway } = startedPerTest();

describe("authentication-managed-identity", () => {
  async function identity() {
    const calls: string[] = [];
    const server = await backend((request, response) => {
      calls.push(`${request.url} ${request.headers["x-identity-header"]}`);
      response.end(
        JSON.stringify({
          access_token: "identity-token",
          expires_on: String(Math.floor(Date.now() / 1000) + 3600),
        }),
      );
    });
    return { calls, options: { endpoint: `${server.url}/msi/token`, header: "the-header" } };
  }

  it("GW-6 puts the identity's token into Authorization, and asks for it once", async () => {
    const { calls, options } = await identity();
    const server = await backend(echo);
    const { url } = await gateway(
      {
        "api.xml": policies({
          inbound: '<authentication-managed-identity resource="api://x" client-id="id" />',
        }),
      },
      describeGateway({ serviceUrl: server.url }),
      options,
    );
    const get = async () =>
      ((await (await fetch(`${url}/x`, { headers: { Authorization: "Bearer client" } })).json()) as Seen)
        .headers["authorization"];
    expect([await get(), await get()]).toEqual(["Bearer identity-token", "Bearer identity-token"]);
    expect(calls).toEqual([
      "/msi/token?api-version=2019-08-01&resource=api%3A%2F%2Fx&client_id=id the-header",
    ]);
  });

  it("puts it into a variable when one is named, and works inside send-request", async () => {
    const { options } = await identity();
    const server = await backend(echo);
    const inbound = `<authentication-managed-identity resource="api://x" output-token-variable-name="t" />
      <send-request response-variable-name="r"><set-url>${server.url}</set-url><authentication-managed-identity resource="api://y" /></send-request>
      ${respond('(string)context.Variables["t"] + "|" + context.Request.Headers.GetValueOrDefault("Authorization", "none") + "|" + (string)((IResponse)context.Variables["r"]).Body.As<JObject>()["headers"]["authorization"]')}`;
    const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}), options);
    expect(await (await fetch(`${url}/x`)).text()).toBe("identity-token|none|Bearer identity-token");
  });

  it("fails, or goes on without a token, when there is none to be had", async () => {
    const policy = (ignore: string) =>
      `<authentication-managed-identity resource="x" ignore-error="${ignore}" />${respond('"went on"')}`;
    expect(await answer(policy("true"))).toBe("went on");
    expect(await answer(policy("false"))).toContain('"statusCode":500');
  });
});
