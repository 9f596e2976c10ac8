import { randomBytes } from "node:crypto";
import type { ResolvedGateway } from "../../../config/resolve.ts";
import { OAuthError } from "../errors.ts";
import { hasHash, hashOf, randomSecret } from "../sessions/secrets.ts";
import { type Stored, StoreError } from "../store/documents.ts";
import type { Store } from "../store/store.ts";
import { type Client, type ClientAuthentication, UNNAMED_CLIENT } from "./client.ts";
import { credentialsAuthentication } from "./client-authentication.ts";
import type { ClientDocument } from "./client-document.ts";
import { clientKeys } from "./client-keys.ts";
import { type DocumentClients, isDocumentId } from "./metadata-document/document-clients.ts";
import { keepOwedClaims, keptOwedClaims, OWED_SECONDS } from "./owed-claims.ts";
import type { ClientMetadata } from "./registration.ts";

const DAY = 24 * 3600;

/** Most clients have one person; the record of one with many stays small. */
const MOST_OWED = 4;

export interface ClientRegistry {
  /**
   * Registers a client: one write.
   *
   * @returns what was stored, whose ID is the client ID; and the registration access token, which is not (RFC 7592 §1.2)
   */
  register(metadata: ClientMetadata): Promise<{ document: ClientDocument; managementToken: string }>;
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
   * Tells how a client authenticates: no operation of the store for any but those that registered a key, whose IDs show it;
   * for a client with a document, that document.
   *
   * @throws OAuthError `invalid_client` when the ID is nobody's, as far as that shows, and what {@link find} throws
   */
  authentication(id: string): Promise<ClientAuthentication>;
  /** Renews a registration because a person signed in with it, or it refreshed: one read, and one write unless that was noted today. */
  noteUse(id: string): Promise<void>;
  /**
   * Keeps for an hour what a person's next sign-in with a client has to satisfy: one read, one write in a registration; one write,
   * or two, in a record of its own for any other client. Nothing for a client that nobody knows.
   *
   * @param user the person's pseudonymous key
   * @param claims a claims request, as JSON
   */
  oweClaims(id: string, user: string, claims: string): Promise<void>;
  /** What a person's sign-in with the client has to satisfy: one read. */
  owedClaims(id: string, user: string): Promise<string | undefined>;
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

/** Begins the ID of a registration with a key, so that a public client's token request needs no look at its registration. */
const KEY_ID_MARK = "k.";

/** How often a change starts again because a sign-in or a refresh noted its use of the registration meanwhile. */
const WRITE_ATTEMPTS = 5;

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
  const lifetime = gateway.lifetimes.registration;
  const configured = new Map(gateway.clients.map((client) => [client.id, client]));
  const isWorthNoting = ({ lastUsedAt }: ClientDocument) => lastUsedAt + Math.min(DAY, lifetime / 2) <= now();
  const hasNoRecord = (id: string) => configured.has(id) || isDocumentId(id);
  const owed = ({ owedClaims = [] }: ClientDocument) => owedClaims.filter(({ until }) => until > now());

  async function readLiving(id: string): Promise<Stored<ClientDocument> | undefined> {
    if (!isRegistrationId(id)) return undefined;
    const stored = await documents.read(id, id);
    // The store drops expired documents when it gets to it, which may be late.
    return stored && stored.document.lastUsedAt + lifetime > now() ? stored : undefined;
  }

  async function replaceMetadata(
    stored: Stored<ClientDocument>,
    metadata: ClientMetadata,
  ): Promise<ClientDocument | undefined> {
    let current: Stored<ClientDocument> | undefined = stored;
    for (let attempt = 0; attempt < WRITE_ATTEMPTS && current; attempt++) {
      const { document, etag }: Stored<ClientDocument> = current;
      const written = await documents.replace({ ...document, metadata }, etag);
      if (written) return written.document;
      current = await documents.read(document.id, document.id);
    }
    if (current) throw new StoreError("unavailable", { cause: new Error("the registration kept changing") });
    return undefined;
  }

  return {
    async register(metadata) {
      const createdAt = now();
      const isPublic = metadata.token_endpoint_auth_method === "none";
      const id = `${isPublic ? "" : KEY_ID_MARK}${randomBytes(16).toString("base64url")}`;
      const managementToken = randomSecret();
      const document = {
        id,
        metadata,
        managementTokenHash: hashOf(managementToken),
        createdAt,
        lastUsedAt: createdAt,
        ttl: lifetime + DAY,
      };
      await documents.create(document);
      return { document, managementToken };
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
        name: metadata.client_name || UNNAMED_CLIENT,
        redirectUris: metadata.redirect_uris,
        grantTypes: metadata.grant_types,
        origin: "registered",
        useIsWorthNoting: isWorthNoting(stored.document),
        ...(owed(stored.document).length > 0 && { owesClaims: true }),
      };
    },

    async authentication(id) {
      const known = configured.get(id);
      if (known) return credentialsAuthentication(known.auth);
      if (isDocumentId(id)) return published.authentication(id);
      // Not one that the operator took out of the configuration either, whose sessions were for a client with credentials.
      if (!isRegistrationId(id)) throw unknownClient();
      if (!id.startsWith(KEY_ID_MARK)) return { method: "none" };
      const stored = await readLiving(id);
      if (!stored) throw unknownClient();
      const { jwks, jwks_uri } = stored.document.metadata;
      return { method: "private_key_jwt", keys: clientKeys(jwks, jwks_uri) };
    },

    async noteUse(id) {
      const stored = await documents.read(id, id);
      // Another sign-in may have noted it since ours began; and a concurrent note does as well as ours.
      if (stored && isWorthNoting(stored.document)) {
        await documents.replace({ ...stored.document, lastUsedAt: now() }, stored.etag);
      }
    },

    async oweClaims(id, user, claims) {
      if (hasNoRecord(id)) return keepOwedClaims(claimsDocuments, { user, client: id, claims }, now());
      const stored = isRegistrationId(id) ? await documents.read(id, id) : undefined;
      if (!stored) return;
      const others = owed(stored.document).filter((each) => each.user !== user);
      const owedClaims = [...others.slice(1 - MOST_OWED), { user, claims, until: now() + OWED_SECONDS }];
      await documents.replace({ ...stored.document, owedClaims }, stored.etag);
    },

    async owedClaims(id, user) {
      if (hasNoRecord(id)) return keptOwedClaims(claimsDocuments, user, id, now());
      const stored = await documents.read(id, id);
      return stored && owed(stored.document).find((each) => each.user === user)?.claims;
    },
  };
}

function unknownClient(): OAuthError {
  return new OAuthError(
    "invalid_client",
    "The client is not registered here, or its registration has ended.",
    { reason: "client_unknown" },
  );
}

/** @returns false for an ID that we cannot have given out, which spares the store a read */
export function isRegistrationId(id: string): boolean {
  return /^(k\.)?[A-Za-z0-9_-]{22}$/.test(id);
}
