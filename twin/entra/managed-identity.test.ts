import { ManagedIdentityCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { entraTokenVerifier } from "../../functions/platform/entra.ts";
import { type Driving, drive } from "./driving.ts";

let driving: Driving;
beforeAll(async () => {
  driving = await drive();
});
afterAll(() => driving.entra.stop());

async function ask(query: Readonly<Record<string, string>>, header?: string) {
  const parameters = new URLSearchParams({
    "api-version": "2019-08-01",
    resource: "api://AzureADTokenExchange",
    client_id: driving.tenant.identity.gateway.clientId,
    ...query,
  });
  const response = await fetch(`${driving.entra.identityEndpoint}?${parameters}`, {
    headers: header === undefined ? {} : { "x-identity-header": header },
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

describe("the managed-identity endpoint", () => {
  it("gives an app-only token for a registered application to the real ManagedIdentityCredential", async () => {
    const { entra, tenant } = driving;
    vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
    vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
    const { gateway } = tenant.identity;
    const credential = new ManagedIdentityCredential({ clientId: gateway.clientId });
    const token = await credential.getToken(`api://${tenant.signIn.clientId}/.default`);
    vi.unstubAllEnvs();

    const verify = entraTokenVerifier({
      authorityHost: entra.url,
      tenantId: tenant.tenantId,
      clientId: tenant.signIn.clientId,
    });
    const claims = await verify(token.token);
    expect(claims).toMatchObject({
      azp: gateway.clientId,
      oid: gateway.principalId,
      sub: gateway.principalId,
      idtyp: "app",
      ver: "2.0",
    });
    expect(claims["scp"]).toBeUndefined();
    // The credential adds whole seconds to its own clock.
    expect(Math.abs(token.expiresOnTimestamp / 1000 - Number(claims.exp))).toBeLessThan(2);
  });

  it("gives the token exchange's audience exactly as asked", async () => {
    const { body } = await ask({}, driving.entra.identityHeader);
    expect(body).toMatchObject({ token_type: "Bearer", resource: "api://AzureADTokenExchange" });
    expect(body["expires_on"]).toMatch(/^\d+$/);
    expect(decodeJwt(String(body["access_token"])).aud).toBe("api://AzureADTokenExchange");
  });

  it("refuses a missing and a wrong header", async () => {
    expect((await ask({})).status).toBe(401);
    expect((await ask({}, "wrong")).status).toBe(403);
  });

  it.each([
    ["an unknown identity", { client_id: "nobody" }, "No User Assigned"],
    ["an unknown resource", { resource: "api://unknown" }, "AADSTS500011"],
    ["another version", { "api-version": "2017-09-01" }, "api-version"],
  ])("refuses %s", async (_what, query, message) => {
    const { status, body } = await ask(query, driving.entra.identityHeader);
    expect(status).toBe(400);
    expect(body["message"]).toContain(message);
  });
});
