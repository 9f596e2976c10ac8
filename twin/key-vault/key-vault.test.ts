import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ManagedIdentityCredential } from "@azure/identity";
import { type CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Driving, drive } from "../entra/driving.ts";
import { type LocalKeyVault, startKeyVault } from "./start.ts";

let driving: Driving;
let vault: LocalKeyVault;
let client: KeyClient;
const trusted = getCACertificates();

const clientOf = (clientId: string) => new KeyClient(vault.url, new ManagedIdentityCredential({ clientId }));
const failure = (operation: Promise<unknown>) =>
  operation.then(
    () => "no failure",
    ({ statusCode, code }: { statusCode?: number; code?: string }) => `${statusCode} ${code}`,
  );

beforeAll(async () => {
  driving = await drive();
  const { entra, tenant } = driving;
  vault = await startKeyVault({
    authorityHost: entra.url,
    tenantId: tenant.tenantId,
    cryptoUsers: [tenant.identity.authorizationServer.principalId],
    log: () => undefined,
  });
  setDefaultCACertificates([...trusted, vault.certificate]);
  vi.stubEnv("HTTPS_PROXY", vault.proxyUrl);
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
  client = clientOf(tenant.identity.authorizationServer.clientId);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  setDefaultCACertificates(trusted);
  await vault.stop();
  await driving.entra.stop();
});

describe("the local Key Vault, to @azure/keyvault-keys", () => {
  it("challenges the first request, and takes the identity's token for it", async () => {
    vault.rotate("challenged");
    vault.resetRequests();
    await client.getKey("challenged");
    await client.getKey("challenged");
    expect(vault.requests()).toEqual({ "get 401": 1, "get 200": 2 });
  });

  it("signs with a key that it does not give away", async () => {
    const version = vault.rotate("signing");
    const key = await client.getKey("signing");
    expect(key.properties).toMatchObject({ version, enabled: true, exportable: false });
    const { d, dp, dq, p, q, qi } = key.key ?? {};
    expect([d, dp, dq, p, q, qi].filter((member) => member !== undefined)).toEqual([]);
    const text = randomBytes(100);
    const digest = createHash("sha256").update(text).digest();
    const { result } = await client.getCryptographyClient("signing").sign("RS256", digest);
    const jwk = {
      kty: "RSA",
      n: Buffer.from(key.key?.n ?? []).toString("base64url"),
      e: Buffer.from(key.key?.e ?? []).toString("base64url"),
    };
    expect(verify("sha256", text, createPublicKey({ key: jwk, format: "jwk" }), result)).toBe(true);
  });

  it("wraps and unwraps, each version what it wrapped itself", async () => {
    const cryptography = (keyVersion: string): CryptographyClient =>
      client.getCryptographyClient("wrapping", { keyVersion });
    const [first, second] = [vault.rotate("wrapping"), vault.rotate("wrapping")];
    const secret = randomBytes(32);
    const { result: wrapped } = await cryptography(first).wrapKey("RSA-OAEP-256", secret);
    expect(Buffer.from((await cryptography(first).unwrapKey("RSA-OAEP-256", wrapped)).result)).toEqual(
      secret,
    );
    expect(await failure(cryptography(second).unwrapKey("RSA-OAEP-256", wrapped))).toBe("400 BadParameter");
  });

  it("lists every version, disabled ones too, and uses no disabled one", async () => {
    const [first, second] = [vault.rotate("versions"), vault.rotate("versions")];
    vault.enable("versions", first, false);
    const listed: Record<string, boolean | undefined> = {};
    for await (const each of client.listPropertiesOfKeyVersions("versions")) {
      listed[each.version ?? ""] = each.enabled;
    }
    expect(listed).toEqual({ [first]: false, [second]: true });
    expect(await failure(client.getKey("versions", { version: first }))).toBe("403 Forbidden");
    expect((await client.getKey("versions")).properties.version).toBe(second);
  });

  it("refuses an identity without the role, and knows no other key", async () => {
    vault.rotate("guarded");
    const stranger = clientOf(driving.tenant.identity.graphMcp.clientId);
    expect(await failure(stranger.getKey("guarded"))).toBe("403 Forbidden");
    expect(await failure(client.getKey("unknown"))).toBe("404 KeyNotFound");
  });
});
