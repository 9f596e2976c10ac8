import { randomBytes } from "node:crypto";
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import type { OAuthClientProvider as OAuthClientProviderV1 } from "@modelcontextprotocol/sdk/client/auth.js";

/** What a client says of itself when it registers. */
export interface ClientIdentity {
  readonly name: string;
  readonly redirectUri: string;
  /** `token_endpoint_auth_method`; none, unless given. */
  readonly authenticatesBy?: string;
}

/**
 * Keeps in memory what a client keeps of its sign-in, for both generations of the SDK. It opens no browser itself: it
 * remembers the authorization URL for whoever does.
 */
export class MemoryOAuthProvider implements OAuthClientProvider, OAuthClientProviderV1 {
  readonly #identity: ClientIdentity;
  #client: StoredOAuthClientInformation | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #verifier: string | undefined;
  #discovery: OAuthDiscoveryState | undefined;
  #state = "";
  #authorizationUrl: URL | undefined;

  constructor(identity: ClientIdentity) {
    this.#identity = identity;
  }

  get redirectUrl(): string {
    return this.#identity.redirectUri;
  }

  get clientMetadata() {
    return {
      client_name: this.#identity.name,
      redirect_uris: [this.#identity.redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: this.#identity.authenticatesBy ?? "none",
    };
  }

  /** A new one for each authorization request, with characters that need care in a URL (VS Code sends such). */
  state(): string {
    this.#state = `${randomBytes(16).toString("base64")}+/=`;
    return this.#state;
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client;
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    if (this.#verifier === undefined) throw new Error("no authorization request is under way");
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }

  redirectToAuthorization(url: URL): void {
    this.#authorizationUrl = url;
  }

  invalidateCredentials(which: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (which === "all" || which === "client") this.#client = undefined;
    if (which === "all" || which === "tokens") this.#tokens = undefined;
    if (which === "all" || which === "verifier") this.#verifier = undefined;
    if (which === "all" || which === "discovery") this.#discovery = undefined;
  }

  /** The request that waits for a person, and the `state` that its answer must carry. */
  pendingRequest(): { readonly url: URL; readonly state: string } {
    if (!this.#authorizationUrl) throw new Error("the client did not ask for a sign-in");
    return { url: this.#authorizationUrl, state: this.#state };
  }

  /** Forgets the tokens but not the registration: as when a person signs out. */
  signOut(): void {
    this.#tokens = undefined;
    this.#authorizationUrl = undefined;
  }
}
