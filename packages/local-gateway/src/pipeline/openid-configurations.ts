import type { JWK } from "jose";

const TIMEOUT_MS = 10_000;
const REFRESH_MS = 3_600_000;
/** Because of an unknown key the endpoint is asked again at most this often. */
const RETRY_MS = 300_000;
/** After a failure. API Management waits longer; a twin whose parts start together must not stay broken that long. */
const RETRY_FAILED_MS = 2_000;

/** What a provider's configuration says for the validation of its tokens. */
export interface OpenIdConfiguration {
  readonly issuer: string | undefined;
  readonly keys: readonly JWK[];
}

interface Entry {
  readonly configuration: Promise<OpenIdConfiguration>;
  /** Of performance.now(). */
  readonly askedAt: number;
  settled: "pending" | "ready" | "failed";
}

/** OpenID provider configurations and their keys, cached as API Management does. */
export class OpenIdConfigurations {
  readonly #entries = new Map<string, Entry>();

  /** @throws Error when the provider doesn't answer with a configuration and keys */
  get(url: string): Promise<OpenIdConfiguration> {
    const entry = this.#entries.get(url);
    const age = entry ? performance.now() - entry.askedAt : 0;
    if (!entry || age > REFRESH_MS || (entry.settled === "failed" && age > RETRY_FAILED_MS))
      return this.#ask(url);
    return entry.configuration;
  }

  /** Asks again because a key is missing, unless that was done a short while ago. */
  refresh(url: string): Promise<OpenIdConfiguration> {
    const entry = this.#entries.get(url);
    return entry && performance.now() - entry.askedAt < RETRY_MS ? entry.configuration : this.#ask(url);
  }

  #ask(url: string): Promise<OpenIdConfiguration> {
    const entry: Entry = {
      configuration: fetchConfiguration(url),
      askedAt: performance.now(),
      settled: "pending",
    };
    this.#entries.set(url, entry);
    entry.configuration.then(
      () => {
        entry.settled = "ready";
      },
      () => {
        entry.settled = "failed";
      },
    );
    return entry.configuration;
  }
}

async function fetchConfiguration(url: string): Promise<OpenIdConfiguration> {
  const document = await fetchJson(url);
  const { issuer, jwks_uri: keysUrl } = document;
  if (typeof keysUrl !== "string") throw new Error(`${url} has no jwks_uri`);
  const { keys } = await fetchJson(keysUrl);
  if (!Array.isArray(keys)) throw new Error(`${keysUrl} has no keys`);
  return { issuer: typeof issuer === "string" ? issuer : undefined, keys: keys as JWK[] };
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new Error(`${url} is not a JSON object`);
  return body as Record<string, unknown>;
}
