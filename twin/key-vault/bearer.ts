import { createRemoteJWKSet, jwtVerify } from "jose";
import { clouds } from "../../config/clouds.ts";

/** Audience of tokens for Key Vault, and the resource that its challenge names. */
export const KEY_VAULT_RESOURCE = clouds.public.keyVault;

const ENTRA_TIMEOUT_MS = 5_000;

export interface VaultCallers {
  /** Base URL of Entra. */
  readonly authorityHost: string;
  readonly tenantId: string;
  /** Principal IDs of those who may read keys, sign, verify, wrap and unwrap. */
  readonly cryptoUsers: readonly string[];
}

/** @returns what tells 401 (no valid token for Key Vault) from 403 (no role) from leave */
export function bearerCheck({ authorityHost, tenantId, cryptoUsers }: VaultCallers) {
  const authority = `${authorityHost}/${tenantId}`;
  const keys = createRemoteJWKSet(new URL(`${authority}/discovery/v2.0/keys`), {
    timeoutDuration: ENTRA_TIMEOUT_MS,
  });
  return {
    challenge: `Bearer authorization="${authority}", resource="${KEY_VAULT_RESOURCE}"`,
    async check(authorization: string | undefined): Promise<"allowed" | "unauthorized" | "forbidden"> {
      const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
      if (!token) return "unauthorized";
      try {
        const { payload } = await jwtVerify(token, keys, { audience: KEY_VAULT_RESOURCE });
        return cryptoUsers.includes(String(payload["oid"])) ? "allowed" : "forbidden";
      } catch {
        return "unauthorized";
      }
    },
  };
}
