import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { ClientAuthentication } from "../../../config/rules/client-metadata.ts";
import type { Store } from "../store/store.ts";
import type { Client } from "./client.ts";
import { configuredClients } from "./configured-clients.ts";
import { type DocumentClients, isDocumentId } from "./metadata-document/document-clients.ts";
import { keepOwedClaims, keptOwedClaims, type OwedClaims } from "./owed-claims.ts";
import { type ManagedRegistration, type NewRegistration, registeredClients } from "./registered-clients.ts";
import type { ClientMetadata } from "./registration.ts";

export interface ClientRegistry {
  /**
   * Registers a client: one write.
   *
   * @returns what was stored, whose ID is the client ID; and what was not: the registration access token (RFC 7592 §1.2), and
   *   the secret of a client that authenticates with one (RFC 7591 §3.2.1)
   */
  register(metadata: ClientMetadata): Promise<NewRegistration>;
  /**
   * Finds a registration for whoever holds its registration access token: none or one point read.
   *
   * @returns undefined when there is none, it has ended, or the token is another
   */
  manage(id: string, managementToken: string): Promise<ManagedRegistration | undefined>;
  /**
   * Looks a client up: none or one point read, or a fetch of its document unless that is in the cache.
   *
   * @returns undefined when nobody knows it, or its registration has ended
   * @throws OAuthError when its document will not do, or cannot be had now
   */
  find(id: string): Promise<Client | undefined>;
  /**
   * Tells how a client authenticates: no operation of the store for any but those that registered a key or got a secret, whose
   * IDs show it; for a client with a document, that document.
   *
   * @throws OAuthError `invalid_client` when the ID is nobody's, as far as that shows, and what {@link find} throws
   */
  authentication(id: string): Promise<ClientAuthentication>;
  /** Renews a registration because a person signed in with it, or it refreshed: one read, and one write unless that was noted today. */
  noteUse(id: string): Promise<void>;
  /**
   * Keeps for an hour what a person's next sign-in with a client for one server has to satisfy: one read, one write in a
   * registration; one write, or two, in a record of its own for any other client. Nothing for a client that nobody knows.
   *
   * @param owed.user the person's pseudonymous key
   */
  oweClaims(
    id: string,
    owed: Pick<OwedClaims, "server" | "claims"> & { readonly user: string },
  ): Promise<void>;
  /**
   * What a person's sign-in with the client for these servers has to satisfy: one read.
   *
   * @returns a claims request, as JSON
   */
  owedClaims(id: string, user: string, servers: readonly string[]): Promise<string | undefined>;
}

/**
 * The clients that the operator entered, those that registered themselves, and those that publish a document.
 *
 * @param now the time in seconds since 1970
 */
export function clientRegistry(
  gateway: Pick<ResolvedGateway, "clients" | "lifetimes">,
  { clients, claims }: Pick<Store, "clients" | "claims">,
  now: () => number,
  published: DocumentClients,
): ClientRegistry {
  const registered = registeredClients(clients, gateway.lifetimes.registration, now);
  const configured = configuredClients(gateway.clients);
  const hasNoRecord = (id: string) => configured.has(id) || isDocumentId(id);
  return {
    register: registered.register,
    manage: registered.manage,
    noteUse: registered.noteUse,

    async find(id) {
      const known = configured.get(id);
      if (known) return known.client;
      if (isDocumentId(id)) return { ...(await published.find(id)), owesClaims: true };
      return registered.find(id);
    },

    async authentication(id) {
      const known = configured.get(id);
      if (known) return known.authentication;
      return isDocumentId(id) ? published.authentication(id) : registered.authentication(id);
    },

    async oweClaims(id, newer) {
      if (hasNoRecord(id)) return keepOwedClaims(claims, id, newer, now());
      return registered.oweClaims(id, newer);
    },

    async owedClaims(id, user, servers) {
      if (hasNoRecord(id)) return keptOwedClaims(claims, id, user, servers, now());
      return registered.owedClaims(id, user, servers);
    },
  };
}
