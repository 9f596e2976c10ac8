import { describe, expect, it } from "vitest";
import type { Call } from "../../platform/endpoint.ts";
import { seal } from "../crypto/seal.ts";
import { KeyError, type KeyRing } from "../keys/key-ring.ts";
import { readAccessToken } from "../sessions/access-token.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { answeringClients, answeringPeople } from "./failures.ts";
import { jwks } from "./metadata/jwks.ts";
import type { AuthorizationRequest } from "./sign-in/authorization-request.ts";
import { openFlow } from "./sign-in/browser-state/sign-in-flow.ts";

const unavailable = new KeyError("unavailable", "429 Throttled");
const down: KeyRing = {
  signingKey: () => Promise.reject(unavailable),
  publicKeys: () => Promise.reject(unavailable),
  dataKey: () => Promise.reject(unavailable),
  dataKeyById: () => Promise.reject(unavailable),
};
const key = { kid: "k", key: new Uint8Array(32) };
const up: KeyRing = { ...down, dataKey: async () => key, dataKeyById: async () => key };
const request = new Request("https://gateway.example/token");

function call(): Call & { readonly lines: unknown[] } {
  const lines: unknown[] = [];
  return { correlationId: "c", log: (...line) => lines.push(line), lines };
}

describe("keys that cannot be had", () => {
  it("SES-4 are a temporarily_unavailable with Retry-After for clients, and the log says why", async () => {
    const heard = call();
    const response = await answeringClients("token")(() => Promise.reject(unavailable))(request, heard);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect(heard.lines).toEqual([
      [
        "error",
        "refused",
        {
          audit: true,
          endpoint: "token",
          error: "temporarily_unavailable",
          reason: "keys: unavailable 429 Throttled",
        },
      ],
    ]);
  });

  it("SES-4 are a page that says to wait for people", async () => {
    const endpoint = answeringPeople(resolvedGateway(), "consent")(() => Promise.reject(unavailable));
    const response = await endpoint(request, call());
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("not available right now");
  });

  it("SES-4 leave the key set to be asked for again, not to be cached as empty", async () => {
    const heard = call();
    const response = await answeringClients("jwks")(jwks({ keys: down }))(request, heard);
    expect([response.status, response.headers.get("cache-control")]).toEqual([503, "no-store"]);
    expect(heard.lines).toMatchObject([["error", "refused", { endpoint: "jwks" }]]);
  });

  it("SES-4 do not pass a token that is to be revoked for somebody else's", async () => {
    await expect(readAccessToken(down, "https://gateway.example", "e30.e30.AA")).rejects.toThrow(KeyError);
  });

  it("SES-4 do not pass for a sign-in of another browser", async () => {
    const id = "abc.aaaaaaaaaaaaaaaaaaaaaa";
    const flow = { request: {} as AuthorizationRequest, entra: { verifier: "v", nonce: "n" }, expiresAt: 1 };
    const sealed = await seal(up, "sign-in", id, JSON.stringify(flow));
    const back = new Request("https://gateway.example/callback", {
      headers: { cookie: `__Host-sign-in-${id}=${sealed}` },
    });
    expect(await openFlow({ keys: up }, back, id)).toEqual(flow);
    await expect(openFlow({ keys: down }, back, id)).rejects.toThrow(KeyError);
  });
});
