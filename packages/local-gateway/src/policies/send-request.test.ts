import { describe, expect, it } from "vitest";
import { echo, respond, type Seen, startedPerTest } from "../../testing/policies.ts";

const { answer, backend } = startedPerTest();

describe("send-request", () => {
  it("sends a request of its own and keeps the response", async () => {
    const server = await backend(echo);
    const inbound = `<send-request mode="new" response-variable-name="r" timeout="5">
        <set-url>@("${server.url}/call?" + context.Request.Method)</set-url>
        <set-method>POST</set-method>
        <set-header name="X-A" exists-action="override"><value>1</value></set-header>
        <set-body>@("body of " + context.Api.Id)</set-body>
      </send-request>${respond('((IResponse)context.Variables["r"]).Body.As<string>()')}`;
    const seen = JSON.parse(await answer(inbound, { headers: { "X-Client": "1" } })) as Seen;
    expect(seen).toMatchObject({ method: "POST", url: "/call?GET", body: "body of test" });
    expect(seen.headers).toMatchObject({ "x-a": "1", "content-length": "12" });
    expect(seen.headers["x-client"]).toBeUndefined();
  });

  it("copies the request when asked, whose body still goes on", async () => {
    const server = await backend(echo);
    const inbound = `<send-request mode="copy" response-variable-name="r"><set-url>${server.url}</set-url></send-request>${respond('((IResponse)context.Variables["r"]).Body.As<string>() + context.Request.Body.As<string>()')}`;
    const text = await answer(inbound, { method: "POST", body: "content", headers: { "X-Client": "1" } });
    const seen = JSON.parse(text.slice(0, text.lastIndexOf("}") + 1)) as Seen;
    expect(seen).toMatchObject({ method: "POST", body: "content" });
    expect(seen.headers["x-client"]).toBe("1");
    expect(text.endsWith("}content")).toBe(true);
  });

  it("leaves null when it fails and errors are ignored, and an error otherwise", async () => {
    const call = (ignore: string) =>
      `<send-request response-variable-name="r" ignore-error="${ignore}"><set-url>http://127.0.0.1:1/</set-url></send-request>`;
    expect(await answer(call("true") + respond('(context.Variables["r"] == null).ToString()'))).toBe("True");
    expect(await answer(call("false") + respond('"not reached"'))).toContain('"statusCode":500');
  });

  it("gives up after its timeout", async () => {
    const server = await backend(() => {});
    const inbound = `<send-request response-variable-name="r" timeout="1" ignore-error="true"><set-url>${server.url}</set-url></send-request>${respond('(context.Variables["r"] == null).ToString()')}`;
    expect(await answer(inbound)).toBe("True");
  });
});
