import { Agent } from "node:https";
import type { TokenCredential } from "@azure/identity";
import { type CryptographyClient, KeyClient, type KeyClientOptions } from "@azure/keyvault-keys";
import type { JWK } from "jose";
import { attempt, backoff } from "../resilience/attempts.ts";
import { type Circuit, CircuitOpenError } from "../resilience/circuit.ts";
import { KeyError } from "./key-ring.ts";
import type { KeyVersion } from "./signing-versions.ts";

/** What we use of Key Vault. Every method throws KeyError. */
export interface Vault {
  /** Every version of a key, disabled ones too. */
  versions(name: string): Promise<readonly KeyVersion[]>;
  /** The public half of an RSA key. */
  publicKey(name: string, version: string): Promise<Pick<JWK, "kty" | "n" | "e">>;
  /** @param digest SHA-256 of what is signed @returns the RS256 signature (RFC 7518 §3.3) */
  sign(name: string, version: string, digest: Uint8Array): Promise<Uint8Array>;
  /** Encrypts a key under the newest version of a wrapping key (RSA-OAEP-256, RFC 7518 §4.3). */
  wrap(name: string, key: Uint8Array): Promise<{ readonly wrapped: Uint8Array; readonly version: string }>;
  unwrap(name: string, version: string, wrapped: Uint8Array): Promise<Uint8Array>;
}

/** An error of the Azure client libraries, as far as they tell of one. */
interface HttpFailure {
  readonly name?: string;
  readonly statusCode?: number;
  readonly code?: string | number;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** How long to wait for Key Vault, in milliseconds. */
export interface Patience {
  /** One attempt. */
  readonly attempt: number;
  /** All attempts and the pauses between them. */
  readonly total: number;
}

const DEFAULT_PATIENCE: Patience = { attempt: 3_000, total: 8_000 };
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;

/**
 * Keeps connections open. The library does so by itself, except through a proxy: there each call opened a connection, a tunnel and TLS
 * in it. Its agent for proxies tells from the call stack whether a connection is TLS, and would file one that becomes free under
 * another name than it looks for; the vault's all are.
 */
const keepProxyConnections: NonNullable<KeyClientOptions["additionalPolicies"]>[number]["policy"] = {
  name: "keepProxyConnections",
  sendRequest(request, next) {
    const { getName } = Agent.prototype as unknown as { getName: unknown };
    if (request.agent) Object.assign(request.agent, { keepAlive: true, getName });
    return next(request);
  },
};

/**
 * Key Vault, or something that speaks its protocol. Nothing is sent before the first operation.
 *
 * @param url of the vault
 * @param credential of an identity that may read, sign, wrap and unwrap with the two keys
 * @param circuit stands before all operations
 */
export function keyVault(
  url: string,
  credential: TokenCredential,
  circuit: Circuit,
  patience: Patience = DEFAULT_PATIENCE,
): Vault {
  const asking = {
    circuit,
    attempts: ATTEMPTS,
    each: patience.attempt,
    total: patience.total,
    isOutage,
    pauseAfter,
  };
  const calling = async <T>(operation: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> => {
    try {
      return await attempt(asking, (abortSignal) => operation({ abortSignal }));
    } catch (error) {
      throw keyError(error);
    }
  };
  // Retries are ours, below, so that their sum is bounded: the library would wait as long as Retry-After says.
  const client = new KeyClient(url, credential, {
    retryOptions: { maxRetries: 0 },
    // After the one that chooses the agent.
    additionalPolicies: [{ policy: keepProxyConnections, position: "perRetry" }],
  });
  const cryptography = new Map<string, CryptographyClient>();
  const cryptographyOf = (name: string, version: string) => {
    const id = `${name}/${version}`;
    const known = cryptography.get(id) ?? client.getCryptographyClient(name, { keyVersion: version });
    cryptography.set(id, known);
    return known;
  };
  return {
    versions: (name) =>
      calling(async (options) => {
        const versions: KeyVersion[] = [];
        for await (const each of client.listPropertiesOfKeyVersions(name, options)) {
          versions.push({
            id: each.version ?? "",
            enabled: each.enabled ?? false,
            createdAt: seconds(each.createdOn) ?? 0,
            notBefore: seconds(each.notBefore),
            expiresAt: seconds(each.expiresOn),
          });
        }
        return versions;
      }),

    publicKey: async (name, version) => {
      const { key } = await calling((options) => client.getKey(name, { version, ...options }));
      if (!key?.n || !key.e || !key.kty?.startsWith("RSA")) throw new KeyError("refused", "not_rsa");
      return { kty: "RSA", n: base64url(key.n), e: base64url(key.e) };
    },

    sign: async (name, version, digest) => {
      const { result } = await calling((options) =>
        cryptographyOf(name, version).sign("RS256", digest, options),
      );
      return result;
    },

    wrap: async (name, key) => {
      const { properties } = await calling((options) => client.getKey(name, options));
      const version = properties.version ?? "";
      const { result } = await calling((options) =>
        cryptographyOf(name, version).wrapKey("RSA-OAEP-256", key, options),
      );
      return { wrapped: result, version };
    },

    unwrap: async (name, version, wrapped) => {
      const { result } = await calling((options) =>
        cryptographyOf(name, version).unwrapKey("RSA-OAEP-256", wrapped, options),
      );
      return result;
    },
  };
}

/** @returns the same without its cause, which holds the request with the identity's token in it */
function keyError(error: unknown): KeyError {
  if (error instanceof CircuitOpenError) return new KeyError("unavailable", error.message, error.retryAfter);
  return new KeyError(mayPass(error) ? "unavailable" : "refused", codeOf(error));
}

/** No answer, or a vault's own failure. Throttling is neither: it passes, and sooner with fewer calls only. */
function isOutage(error: unknown): boolean {
  const { statusCode } = error as HttpFailure;
  return statusCode === undefined || statusCode === 408 || statusCode >= 500;
}

/** Whether another try may succeed: every one of our operations gives the same however often it is done. */
function mayPass(error: unknown): boolean {
  const { statusCode = 0 } = error as HttpFailure;
  return statusCode < 400 || statusCode >= 500 || statusCode === 408 || statusCode === 429;
}

function pauseAfter(error: unknown, tried: number): number | undefined {
  if (error instanceof CircuitOpenError || !mayPass(error)) return undefined;
  return retryAfter(error as HttpFailure) ?? backoff(FIRST_PAUSE_MS, tried);
}

function retryAfter({ response }: HttpFailure): number | undefined {
  const header = response?.headers?.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** Key Vault's status and code, such as "403 Forbidden", or the name of what went wrong on the way. */
function codeOf(error: unknown): string {
  const { statusCode, code, name } = error as HttpFailure;
  const parts = [statusCode, typeof code === "string" && /^\w{1,64}$/.test(code) ? code : undefined];
  return parts.filter((part) => part !== undefined).join(" ") || (name ?? "");
}

function seconds(date: Date | undefined): number | undefined {
  return date && Math.floor(date.getTime() / 1000);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
