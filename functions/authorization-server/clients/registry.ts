import type { ResolvedGateway } from "../../../config/resolve.ts";
import { type ClientAuthentication, clientKeys } from "../../../config/rules/client-metadata.ts";
import { hasHash, hashOf, randomSecret } from "../crypto/secrets.ts";
import { OAuthError } from "../errors.ts";
import type { Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import type { Store } from "../store/store.ts";
import { type Client, keptName, UNNAMED_CLIENT } from "./client.ts";
import { credentialsAuthentication } from "./client-authentication.ts";
import type { ClientDocument } from "./client-document.ts";
import { type DocumentClients, isDocumentId } from "./metadata-document/document-clients.ts";
import {
  claimsFor,
  keepOwedClaims,
  keptOwedClaims,
  OWED_SECONDS,
  type OwedClaims,
  withNewer,
} from "./owed-claims.ts";
import type { ClientMetadata } from "./registration.ts";
import { isRegistrationId, newRegistrationId, showsAuthentication } from "./registration-id.ts";
import { registrationLifetime } from "./registration-lifetime.ts";

/** Most clients have one person. A registration keeps the claims of the newest few, so that it stays small. */
const MOST_PEOPLE = 4;

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

export interface NewRegistration {
  readonly document: ClientDocument;
  readonly managementToken: string;
  readonly secret?: string;
}

/** A registration in the hands of its client (RFC 7592). */
export interface ManagedRegistration {
  readonly document: ClientDocument;
  /**
   * Puts other metadata in the place of all that it has: one conditional write.
   *
   * @returns what is stored now; undefined when the registration is gone
   */
  replaceMetadata(metadata: ClientMetadata): Promise<ClientDocument | undefined>;
  /** Ends it: one delete. */
  remove(): Promise<void>;
}

/**
 * The clients that the operator entered, those that registered themselves, and those that publish a document.
 *
 * @param now the time in seconds since 1970
 */
export function clientRegistry(
  gateway: Pick<ResolvedGateway, "clients" | "lifetimes">,
  { clients: documents, claims: claimsDocuments }: Pick<Store, "clients" | "claims">,
  now: () => number,
  published: DocumentClients,
): ClientRegistry {
  const lifetime = registrationLifetime(gateway.lifetimes.registration, now);
  const configured = new Map(gateway.clients.map((client) => [client.id, client]));
  const hasNoRecord = (id: string) => configured.has(id) || isDocumentId(id);
  const owed = ({ owedClaims = [] }: ClientDocument) => owedClaims.filter(({ until }) => until > now());

  async function readLiving(id: string): Promise<Stored<ClientDocument> | undefined> {
    if (!isRegistrationId(id)) return undefined;
    const stored = await documents.read(id, id);
    // The store drops expired documents when it gets to it, which may be late.
    return stored && !lifetime.isOver(stored.document) ? stored : undefined;
  }

  async function replaceMetadata(
    stored: Stored<ClientDocument>,
    metadata: ClientMetadata,
  ): Promise<ClientDocument | undefined> {
    const { id } = stored.document;
    return retryOnConflict(
      // A sign-in or a refresh may note its use of the registration meanwhile.
      { name: "registration", read: () => documents.read(id, id), first: stored },
      async (current) => {
        if (!current) return undefined;
        const written = await documents.replace({ ...current.document, metadata }, current.etag);
        return written ? written.document : CONFLICT;
      },
    );
  }

  return {
    async register(metadata) {
      const method = metadata.token_endpoint_auth_method;
      const managementToken = randomSecret();
      const secret = method.startsWith("client_secret") ? randomSecret() : undefined;
      const document = {
        id: newRegistrationId(method),
        metadata,
        managementTokenHash: hashOf(managementToken),
        ...(secret !== undefined && { secretHash: hashOf(secret) }),
        ...lifetime.begin(),
      };
      await documents.create(document);
      return { document, managementToken, ...(secret !== undefined && { secret }) };
    },

    async manage(id, managementToken) {
      const stored = await readLiving(id);
      const hash = stored?.document.managementTokenHash;
      if (!stored || hash === undefined || !hasHash(managementToken, hash)) return undefined;
      return {
        document: stored.document,
        replaceMetadata: (metadata) => replaceMetadata(stored, metadata),
        remove: () => documents.remove(id, id),
      };
    },

    async find(id) {
      const known = configured.get(id);
      if (known) {
        return {
          id,
          name: known.name,
          redirectUris: known.redirectUris,
          grantTypes: ["authorization_code", "refresh_token"],
          origin: "configured",
          useIsWorthNoting: false,
          owesClaims: true,
        };
      }
      if (isDocumentId(id)) return { ...(await published.find(id)), owesClaims: true };
      const stored = await readLiving(id);
      if (!stored) return undefined;
      const { metadata } = stored.document;
      return {
        id,
        name: keptName(metadata.client_name || UNNAMED_CLIENT),
        redirectUris: metadata.redirect_uris,
        grantTypes: metadata.grant_types,
        origin: "registered",
        useIsWorthNoting: lifetime.isWorthNoting(stored.document),
        ...(owed(stored.document).length > 0 && { owesClaims: true }),
      };
    },

    async authentication(id) {
      const known = configured.get(id);
      if (known) return credentialsAuthentication(known.auth);
      if (isDocumentId(id)) return published.authentication(id);
      // Not one that the operator took out of the configuration either, whose sessions were for a client with credentials.
      if (!isRegistrationId(id)) throw unknownClient();
      if (!showsAuthentication(id)) return { method: "none" };
      const stored = await readLiving(id);
      if (!stored) throw unknownClient();
      return registeredAuthentication(stored.document);
    },

    async noteUse(id) {
      const stored = await documents.read(id, id);
      // Another sign-in may have noted it since ours began; and a concurrent note does as well as ours.
      if (stored && lifetime.isWorthNoting(stored.document)) {
        await documents.replace(lifetime.renewed(stored.document), stored.etag);
      }
    },

    async oweClaims(id, newer) {
      if (hasNoRecord(id)) return keepOwedClaims(claimsDocuments, id, newer, now());
      const stored = isRegistrationId(id) ? await documents.read(id, id) : undefined;
      if (!stored) return;
      const all = owed(stored.document);
      const own = all.filter(({ user }) => user === newer.user);
      const others = all.filter(({ user }) => user !== newer.user);
      const kept = [...new Set(others.map(({ user }) => user))].slice(1 - MOST_PEOPLE);
      const owedClaims = [
        ...others.filter(({ user }) => kept.includes(user)),
        ...withNewer(own, { ...newer, until: now() + OWED_SECONDS }, now()),
      ];
      await documents.replace({ ...stored.document, owedClaims }, stored.etag);
    },

    async owedClaims(id, user, servers) {
      if (hasNoRecord(id)) return keptOwedClaims(claimsDocuments, id, user, servers, now());
      const stored = await documents.read(id, id);
      if (!stored) return undefined;
      return claimsFor(
        owed(stored.document).filter((each) => each.user === user),
        servers,
        now(),
      );
    },
  };
}

/** A registration that lost the hash of its secret is nobody's: no secret has an empty hash. */
function registeredAuthentication({ metadata, secretHash = "" }: ClientDocument): ClientAuthentication {
  const { token_endpoint_auth_method: way, jwks, jwks_uri } = metadata;
  return way === "client_secret_basic" || way === "client_secret_post"
    ? { method: "client_secret", secretHash, way }
    : { method: "private_key_jwt", keys: clientKeys(jwks, jwks_uri) };
}

function unknownClient(): OAuthError {
  return new OAuthError(
    "invalid_client",
    "The client is not registered here, or its registration has ended.",
    { reason: "client_unknown" },
  );
}
