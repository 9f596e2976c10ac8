import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors.ts";
import { KeyError } from "../keys/key-ring.ts";
import { CircuitOpenError } from "../resilience/circuit.ts";
import { StoreError } from "../store/documents.ts";
import { makeCall } from "../testing/calls.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { answeringClients, answeringPeople, toOAuthError } from "./failures.ts";

const request = new Request("https://as.example/");
const throwing = (error: unknown) => async () => {
  throw error;
};
const outages = [
  new StoreError("unavailable", { cause: new Error("secret") }),
  new StoreError("conflict", { cause: new Error("secret") }),
  new UpstreamError("unavailable", "network_error"),
];

describe("toOAuthError", () => {
  it("leaves an OAuth error as it is", () => {
    const error = new OAuthError("invalid_scope", "x");
    expect(toOAuthError(error)).toBe(error);
  });

  it.each(outages)("SES-4 makes temporarily_unavailable of %s", (outage) => {
    expect(toOAuthError(outage)).toMatchObject({
      code: "temporarily_unavailable",
      status: 503,
      message: outage.message,
      cause: outage,
    });
  });

  it.each([new Error("x"), new TypeError("x"), "text", undefined])(
    "leaves a fault of our own alone: %s",
    (fault) => {
      expect(toOAuthError(fault)).toBeUndefined();
    },
  );
});

describe("answeringClients", () => {
  it("TOK-2 answers an error as JSON that no cache keeps, without the reason, which it logs", async () => {
    const call = makeCall();
    const error = new OAuthError("invalid_grant", "It is invalid.", { reason: "code_reuse" });
    const response = await answeringClients("token")(throwing(error))(request, call);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ error: "invalid_grant", error_description: "It is invalid." });
    expect(call.lines).toEqual([
      {
        level: "info",
        event: "refused",
        fields: { audit: true, endpoint: "token", error: "invalid_grant", reason: "code_reuse" },
      },
    ]);
  });

  it.each<[OAuthError, number]>([
    [new OAuthError("invalid_client", "x"), 401],
    [new OAuthError("server_error", "x"), 500],
    [new OAuthError("invalid_request", "x", { status: 413 }), 413],
    [new OAuthError("invalid_target", "x"), 400],
  ])("TOK-2 has the status of %s: %i", async (error, status) => {
    const response = await answeringClients("token")(throwing(error))(request, makeCall());
    expect(response.status).toBe(status);
    expect(response.headers.has("retry-after")).toBe(false);
  });

  it.each(outages)(
    "SES-4 answers 503 with Retry-After for %s, and says nothing of its cause",
    async (outage) => {
      const call = makeCall();
      const response = await answeringClients("token")(throwing(outage))(request, call);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await response.text()).not.toMatch(/secret|network|store|entra/);
      expect(call.lines).toMatchObject([{ level: "error", fields: { error: "temporarily_unavailable" } }]);
      expect(JSON.stringify(call.lines)).not.toContain("secret");
    },
  );

  it.each([
    new StoreError("unavailable", { cause: new CircuitOpenError(3) }),
    new StoreError("unavailable", { cause: new Error("429"), retryAfter: 3 }),
    new KeyError("unavailable", "circuit_open", 3),
    new UpstreamError("unavailable", "circuit_open", undefined, 3),
  ])("SES-4 answers programs and people with the time that is known for %s", async (outage) => {
    for (const answering of [answeringClients, answeringPeople.bind(undefined, resolvedGateway())]) {
      const response = await answering("token")(throwing(outage))(request, makeCall());
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"]);
    }
  });

  it("lets a fault of our own through, for whoever logs those", async () => {
    const fault = new TypeError("x");
    await expect(answeringClients("token")(throwing(fault))(request, makeCall())).rejects.toBe(fault);
  });

  it("leaves an answer alone", async () => {
    const response = new Response("x");
    expect(await answeringClients("token")(async () => response)(request, makeCall())).toBe(response);
  });
});

describe("answeringPeople", () => {
  const answer = async (error: unknown) => {
    const call = makeCall();
    const response = await answeringPeople(resolvedGateway(), "authorize")(throwing(error))(request, call);
    return { response, text: await response.text(), call };
  };

  it("AUT-2 answers an error with a page, never a redirect", async () => {
    const error = new OAuthError("invalid_request", "The <b>application</b> is unknown.", { reason: "why" });
    const { response, text, call } = await answer(error);
    expect(response.status).toBe(400);
    expect(response.headers.has("location")).toBe(false);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(text).toContain("The &lt;b&gt;application&lt;/b&gt; is unknown.");
    expect(text).toContain("correlation-1");
    expect(text).not.toContain("why");
    expect(call.lines).toMatchObject([
      { event: "refused", fields: { endpoint: "authorize", reason: "why" } },
    ]);
  });

  it("CLI-7 answers an unknown client with 400: a browser has no credentials to show", async () => {
    expect((await answer(new OAuthError("invalid_client", "x"))).response.status).toBe(400);
  });

  it.each(outages)("SES-4 asks for patience when a part is out: %s", async (outage) => {
    const { response, text } = await answer(outage);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(text).toContain("wait a moment");
    expect(text).not.toMatch(/secret|network_error|store:/);
  });

  it("GW-8 shows a page for a fault of our own, too, and logs where it was and nothing it said", async () => {
    const call = makeCall();
    const fault = new TypeError("a secret");
    const response = await answeringPeople(resolvedGateway(), "callback")(throwing(fault))(request, call);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      500,
      "text/html; charset=utf-8",
    ]);
    expect(await response.text()).toContain("you did not cause it");
    expect(call.lines).toMatchObject([
      { level: "error", event: "unexpected_error", fields: { errorName: "TypeError" } },
      { level: "error", event: "refused", fields: { endpoint: "callback", error: "server_error" } },
    ]);
    expect(JSON.stringify(call.lines)).not.toContain("a secret");
  });
});
