/** A token is asked for again this long before it ends, in seconds. */
const RENEW_BEFORE = 300;
const TIMEOUT_MS = 10_000;

/** Where the gateway's identity gets its tokens: the App Service endpoint, api-version 2019-08-01. */
export interface IdentityEndpoint {
  readonly endpoint: string;
  /** Value of `X-IDENTITY-HEADER`. */
  readonly header: string;
}

interface CachedToken {
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresOn: number;
}

/** The gateway's managed identities. */
export class ManagedIdentity {
  readonly #endpoint: IdentityEndpoint | undefined;
  readonly #tokens = new Map<string, Promise<CachedToken>>();

  /** @param endpoint undefined for a gateway without an identity */
  constructor(endpoint: IdentityEndpoint | undefined) {
    this.#endpoint = endpoint;
  }

  /**
   * An access token of the identity.
   *
   * @param clientId of a user-assigned identity; undefined for the system-assigned one
   * @throws Error when the endpoint doesn't give one
   */
  async token(resource: string, clientId: string | undefined): Promise<string> {
    const key = `${resource}\n${clientId ?? ""}`;
    const cached = await this.#tokens.get(key)?.catch(() => undefined);
    if (cached && cached.expiresOn - RENEW_BEFORE > Date.now() / 1000) return cached.token;
    const asked = this.#ask(resource, clientId);
    this.#tokens.set(key, asked);
    asked.catch(() => this.#tokens.get(key) === asked && this.#tokens.delete(key));
    return (await asked).token;
  }

  async #ask(resource: string, clientId: string | undefined): Promise<CachedToken> {
    if (!this.#endpoint) throw new Error("the gateway was started without an identity endpoint");
    const url = new URL(this.#endpoint.endpoint);
    url.searchParams.set("api-version", "2019-08-01");
    url.searchParams.set("resource", resource);
    if (clientId !== undefined) url.searchParams.set("client_id", clientId);
    const response = await fetch(url, {
      headers: { "X-IDENTITY-HEADER": this.#endpoint.header },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok)
      throw new Error(`the managed identity endpoint answered ${response.status} for "${resource}"`);
    const body = (await response.json()) as { access_token?: unknown; expires_on?: unknown };
    const expiresOn = Number(body.expires_on);
    if (typeof body.access_token !== "string" || !Number.isFinite(expiresOn)) {
      throw new Error(`the managed identity endpoint gave no token for "${resource}"`);
    }
    return { token: body.access_token, expiresOn };
  }
}
