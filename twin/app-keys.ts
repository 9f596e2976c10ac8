import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import { SIGNING_KEY, WRAPPING_KEY } from "../functions/authorization-server/contract.ts";
import type { LogSink } from "./component.ts";
import type { DemoTenant } from "./entra/demo-tenant.ts";
import { type LocalKeyVault, startKeyVault } from "./key-vault/start.ts";

/** Where the authorization server finds its keys: a part of its settings and of its processes' environment. */
export type KeySettings =
  | { readonly KEY_FOLDER: string }
  | {
      readonly KEY_VAULT_URL: string;
      readonly NODE_EXTRA_CA_CERTS: string;
      readonly HTTPS_PROXY: string;
      readonly NO_PROXY: string;
    };

/** Makes the keys in a folder, for an authorization server without Key Vault. @param folder is created */
export async function keysInFolder(folder: string): Promise<KeySettings> {
  await makeKeys(folder);
  return { KEY_FOLDER: folder };
}

/**
 * Starts a vault as it is provisioned in Azure.
 *
 * @param folder is created, for the certificate that lets an app's process take the stand-in for Key Vault
 */
export async function keysInVault(
  folder: string,
  authorityHost: string,
  tenant: DemoTenant,
  log: LogSink,
): Promise<{ readonly vault: LocalKeyVault; readonly settings: KeySettings }> {
  const vault = await startKeyVault({
    authorityHost,
    tenantId: tenant.tenantId,
    cryptoUsers: [tenant.identity.authorizationServer.principalId],
    log,
  });
  vault.rotate(SIGNING_KEY);
  vault.rotate(WRAPPING_KEY);
  const certificate = join(folder, "key-vault.pem");
  await mkdir(folder, { recursive: true });
  await writeFile(certificate, vault.certificate);
  return {
    vault,
    settings: {
      KEY_VAULT_URL: vault.url,
      NODE_EXTRA_CA_CERTS: certificate,
      HTTPS_PROXY: vault.proxyUrl,
      NO_PROXY: "127.0.0.1",
    },
  };
}

/**
 * Makes the keys of an authorization server that has no Key Vault: one RSA signing key and one data key, as JWK
 * files that only this account may read.
 *
 * @param folder is created; `KEY_FOLDER` for the app
 */
export async function makeKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const signing = { ...(await exportJWK(privateKey)), kid: keyId("signing"), alg: "RS256", use: "sig" };
  const data = { kty: "oct", k: randomBytes(32).toString("base64url"), kid: keyId("data"), alg: "A256GCM" };
  await write(folder, "signing", signing);
  await write(folder, "data", data);
}

/** Later keys sort behind earlier ones. */
function keyId(kind: string): string {
  return `${kind}-${Date.now().toString(36)}`;
}

async function write(folder: string, kind: "signing" | "data", jwk: { kid: string }): Promise<void> {
  await writeFile(join(folder, `${jwk.kid}.${kind}.jwk.json`), JSON.stringify(jwk), { mode: 0o600 });
}
