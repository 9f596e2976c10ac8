import type http from "node:http";
import { describe, expect, it } from "vitest";
import { bodyOf, describeGateway, policies, stoppedAfterEach } from "../fixture.ts";

const { backend, gateway } = stoppedAfterEach();

const echo: http.RequestListener = async (request, response) => {
  const body = await bodyOf(request);
  response.setHeader("X-Backend", "1");
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
};

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the backend sees of a request that went through the policies. */
async function seenThrough(inbound: string, path = "/x", init: RequestInit = {}): Promise<Seen> {
  const server = await backend(echo);
  const { url } = await gateway(
    { "api.xml": policies({ inbound }) },
    describeGateway({ serviceUrl: `${server.url}/base` }),
  );
  return (await (await fetch(url + path, init)).json()) as Seen;
}

/** The text that an inbound section answers with. */
async function answer(inbound: string, init: RequestInit = {}, path = "/x"): Promise<string> {
  const { url } = await gateway({ "api.xml": policies({ inbound }) }, describeGateway({}));
  return (await fetch(url + path, init)).text();
}

const respond = (expression: string) =>
  `<return-response><set-body>@(${expression})</set-body></return-response>`;

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

describe("what goes to the backend", () => {
  it("set-body replaces the body and its length", async () => {
    const seen = await seenThrough(
      '<set-body>@("new " + context.Request.Body.As<string>())</set-body>',
      "/x",
      { method: "POST", body: "old" },
    );
    expect(seen.body).toBe("new old");
    expect(seen.headers["content-length"]).toBe("7");
  });

  it("a body read with preserveContent goes on whole, one read without goes on empty", async () => {
    const read = (preserve: string) =>
      `<set-variable name="a" value="@(context.Request.Body.As<string>(${preserve}))" />`;
    expect((await seenThrough(read("true"), "/x", { method: "POST", body: "old" })).body).toBe("old");
    expect((await seenThrough(read(""), "/x", { method: "POST", body: "old" })).body).toBe("");
  });

  it("set-method, rewrite-uri and set-query-parameter", async () => {
    const seen = await seenThrough(
      '<set-method>PUT</set-method><rewrite-uri template="/new?c=3" /><set-query-parameter name="a"><value>2</value></set-query-parameter>',
      "/x?a=1&b=2",
    );
    expect([seen.method, seen.url]).toEqual(["PUT", "/base/new?c=3&b=2&a=2"]);
  });

  it("rewrite-uri may leave the query behind", async () => {
    expect(
      (await seenThrough('<rewrite-uri template="/new" copy-unmatched-params="false" />', "/x?a=1")).url,
    ).toBe("/base/new");
  });

  it("set-backend-service", async () => {
    const other = await backend((_, response) => response.end("other"));
    expect(
      await (async () => {
        const { url } = await gateway(
          { "api.xml": policies({ inbound: '<set-backend-service base-url="{{other}}" />' }) },
          describeGateway({ namedValues: { other: other.url } }),
        );
        return (await fetch(`${url}/x`)).text();
      })(),
    ).toBe("other");
  });
});

describe("choose", () => {
  it.each([
    ["a", "first"],
    ["b", "second"],
    ["c", "otherwise"],
  ])("X: %s takes %s", async (value, result) => {
    const branch = (text: string) => `<set-variable name="v" value="${text}" />`;
    const inbound = `<choose>
      <when condition="@(context.Request.Headers.GetValueOrDefault("X") == "a")">${branch("first")}</when>
      <when condition="@(context.Request.Headers.GetValueOrDefault("X") == "b")">${branch("second")}</when>
      <otherwise>${branch("otherwise")}</otherwise>
    </choose>${respond('(string)context.Variables["v"]')}`;
    expect(await answer(inbound, { headers: { X: value } })).toBe(result);
  });
});

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

describe("scopes", () => {
  it("run global, API and operation in the order of <base/>", async () => {
    const mark = (text: string) =>
      `<set-variable name="v" value="@(context.Variables.GetValueOrDefault<string>("v", "") + "${text}")" />`;
    const files = {
      "api.xml": policies({ inbound: `${mark("a")}<base />${mark("b")}` }),
      "op.xml": policies({
        inbound: `${mark("1")}<base />${mark("2")}${respond('(string)context.Variables["v"]')}`,
      }),
    };
    const operations = [
      { name: "op", displayName: "Op", method: "GET", urlTemplate: "/x", policy: "op.xml" },
    ] as const;
    const { url } = await gateway(files, describeGateway({ operations }));
    expect(await (await fetch(`${url}/x`)).text()).toBe("1ab2");
  });

  it("leave the parent out without <base/>", async () => {
    const files = {
      "api.xml": policies({ inbound: '<set-variable name="v" value="api" /><base />' }),
      "op.xml": policies({ inbound: respond('context.Variables.GetValueOrDefault<string>("v", "none")') }),
    };
    const operations = [
      { name: "op", displayName: "Op", method: "GET", urlTemplate: "/x", policy: "op.xml" },
    ] as const;
    const { url } = await gateway(files, describeGateway({ operations }));
    expect(await (await fetch(`${url}/x`)).text()).toBe("none");
  });

  it("put a fragment in where it is included", async () => {
    const fragment = `<fragment>${respond('"from the fragment"')}</fragment>`;
    const { url } = await gateway(
      { "api.xml": policies({ inbound: '<include-fragment fragment-id="part" />' }), "part.xml": fragment },
      describeGateway({ fragments: ["part"] }),
    );
    expect(await (await fetch(`${url}/x`)).text()).toBe("from the fragment");
  });
});

describe("set-variable", () => {
  const kept = (value: string) =>
    `<set-variable name="v" value="${value}" />${respond('context.Variables["v"].ToString()')}`;

  it.each([
    ['@("a")', "a"],
    ["@(7)", "7"],
    ["@(true)", "True"],
    ["@(TimeSpan.FromSeconds(5))", "00:00:05"],
  ])("keeps %s", async (value, text) => {
    expect(await answer(kept(value))).toBe(text);
  });

  it.each([
    ["@(new JObject())", "JObject"],
    ["@(\"a b\".Split(' '))", "an array"],
    ['@{ return JObject.Parse("{}"); }', "JObject"],
  ])("refuses %s, as its reference lists basic types alone", async (value, type) => {
    const { url, lines } = await gateway(
      { "api.xml": policies({ inbound: kept(value) }) },
      describeGateway({}),
    );
    expect((await fetch(`${url}/x`)).status).toBe(500);
    expect(lines.map((line) => line.message).join("\n")).toContain(`is of type ${type};`);
  });
});

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
});

describe("limit-concurrency", () => {
  it("answers 429 while too many are inside", async () => {
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = await backend((_, response) => {
      held.push(() => response.end());
      arrived.resolve();
    });
    const limit = '<limit-concurrency key="k" max-count="1"><forward-request /></limit-concurrency>';
    const { url } = await gateway(
      { "api.xml": policies({ backend: limit }) },
      describeGateway({ serviceUrl: server.url }),
    );
    const first = fetch(`${url}/x`);
    await arrived.promise;
    expect((await fetch(`${url}/x`)).status).toBe(429);
    held[0]?.();
    expect((await first).status).toBe(200);
  });
});

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
