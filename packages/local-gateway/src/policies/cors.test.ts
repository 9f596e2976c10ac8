import { afterEach, describe, expect, it } from "vitest";
import { describeGateway, policies, startTestGateway, type TestGateway } from "../../testing/gateway.ts";

const running: TestGateway[] = [];

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

function cors(origin: string, more = ""): string {
  return `<cors ${more}>
    <allowed-origins><origin>${origin}</origin></allowed-origins>
    <allowed-methods preflight-result-max-age="600"><method>GET</method><method>POST</method></allowed-methods>
    <allowed-headers><header>Authorization</header><header>Content-Type</header></allowed-headers>
    <expose-headers><header>WWW-Authenticate</header></expose-headers>
  </cors>`;
}

const answer = '<return-response><set-status code="401" /><set-body>answered</set-body></return-response>';

async function start(inbound: string, extra: Readonly<Record<string, string>> = {}): Promise<string> {
  const operations = [
    { name: "post", displayName: "Post", method: "POST", urlTemplate: "/x" },
    { name: "get", displayName: "Get", method: "GET", urlTemplate: "/x" },
    ...("op.xml" in extra
      ? [{ name: "put", displayName: "Put", method: "PUT", urlTemplate: "/x", policy: "op.xml" } as const]
      : []),
    ...("options.xml" in extra
      ? [
          {
            name: "options",
            displayName: "Options",
            method: "OPTIONS",
            urlTemplate: "/own",
            policy: "options.xml",
          } as const,
        ]
      : []),
  ] as const;
  const started = await startTestGateway(
    { "api.xml": policies({ inbound }), ...extra },
    describeGateway({ operations }),
  );
  running.push(started);
  return started.url;
}

function preflight(
  url: string,
  path = "/x",
  method = "POST",
  origin = "https://app.example",
): Promise<Response> {
  return fetch(url + path, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": "authorization",
    },
  });
}

describe("preflight requests", () => {
  it("DIS-8 are answered by the policy of the operation they ask for, without an OPTIONS operation", async () => {
    const url = await start(cors("https://app.example:443/") + answer);
    const response = await preflight(url);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "Authorization,Content-Type",
      "access-control-max-age": "600",
    });
  });

  it("find the policy of the operation's own scope, also inside a fragment's place", async () => {
    const url = await start(answer, {
      "op.xml": policies({ inbound: `<base />${cors("*").replaceAll("POST", "PUT")}` }),
    });
    expect((await preflight(url, "/x", "PUT")).headers.get("access-control-allow-origin")).toBe("*");
    expect((await preflight(url, "/x", "POST")).status).toBe(404);
  });

  it("of another origin get an empty 200 without CORS headers", async () => {
    for (const more of ["", 'terminate-unmatched-request="false"']) {
      const url = await start(cors("https://app.example", more) + answer);
      const response = await preflight(url, "/x", "POST", "https://evil.example");
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    }
  });

  it("go on to the next policy when terminate-unmatched-request is false", async () => {
    const nextFor = async (more: string) => {
      const own = cors("https://one.example", more).replaceAll("POST", "PUT");
      const files = { "op.xml": policies({ inbound: `${own}<base />` }) };
      const url = await start(cors("https://two.example").replaceAll("POST", "PUT"), files);
      const response = await preflight(url, "/x", "PUT", "https://two.example");
      return response.headers.get("access-control-allow-origin");
    };
    expect(await nextFor('terminate-unmatched-request="false"')).toBe("https://two.example");
    expect(await nextFor('terminate-unmatched-request="true"')).toBeNull();
  });

  it("of an unknown method or path are not found", async () => {
    const url = await start(cors("*") + answer);
    expect((await preflight(url, "/x", "DELETE")).status).toBe(404);
    expect((await preflight(url, "/none")).status).toBe(404);
  });

  it("leave an API's own OPTIONS operation alone", async () => {
    const url = await start(cors("*"), { "options.xml": policies({ inbound: answer }) });
    expect((await preflight(url, "/own")).status).toBe(401);
  });
});

describe("other requests", () => {
  const get = (url: string, origin?: string, method = "GET") =>
    fetch(`${url}/x`, { method, headers: origin ? { Origin: origin } : {} });

  it("DIS-8 of an allowed origin get the headers on every response, errors too", async () => {
    const url = await start(cors("https://app.example", 'allow-credentials="true"') + answer);
    const response = await get(url, "https://app.example");
    expect([response.status, await response.text()]).toEqual([401, "answered"]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "WWW-Authenticate",
      vary: "Origin",
    });
    const failing = await start(`${cors("*")}<set-variable name="a" value="@(context.User.Id)" />`);
    expect((await get(failing, "https://any.example")).headers.get("access-control-allow-origin")).toBe("*");
  });

  it("of another origin end with an empty 200 when they are GET, and go on without headers when they are POST", async () => {
    const url = await start(cors("https://app.example") + answer);
    const ended = await get(url, "https://evil.example");
    expect([ended.status, await ended.text(), ended.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "",
      null,
    ]);
    const posted = await get(url, "https://evil.example", "POST");
    expect([posted.status, posted.headers.get("access-control-allow-origin")]).toEqual([401, null]);
  });

  it("of another origin go on when terminate-unmatched-request is false", async () => {
    const url = await start(cors("https://app.example", 'terminate-unmatched-request="false"') + answer);
    const response = await get(url, "https://evil.example");
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([401, null]);
  });

  it("without an origin are left alone", async () => {
    const url = await start(cors("https://app.example") + answer);
    expect((await get(url)).headers.has("access-control-allow-origin")).toBe(false);
  });
});
