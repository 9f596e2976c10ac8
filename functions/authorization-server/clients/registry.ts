import { randomBytes } from "node:crypto";
import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Documents } from "../store/store.ts";
import { type Client, UNNAMED_CLIENT } from "./client.ts";
import type { ClientDocument } from "./client-document.ts";
import { type DocumentClients, isDocumentId } from "./metadata-document/document-clients.ts";
import type { ClientMetadata } from "./registration.ts";

const DAY = 24 * 3600;

export interface ClientRegistry {
  /**
   * Registers a client: one write.
   *
   * @returns what was stored; its ID is the client ID
   */
  register(metadata: ClientMetadata): Promise<ClientDocument>;
  /**
   * Looks a client up: none or one point read, or a fetch of its document unless that is in the cache.
   *
   * @returns undefined when nobody knows it, or its registration has ended
   * @throws OAuthError when its document will not do, or cannot be had now
   */
  find(id: string): Promise<Client | undefined>;
  /** Renews a registration because a person signed in with it: one read, and one write unless that was noted today. */
  noteUse(id: string): Promise<void>;
}

/**
 * The clients that the operator entered, those that registered themselves, and those that publish a document.
 *
 * @param now the time in seconds since 1970
 */
export function clientRegistry(
  gateway: Pick<ResolvedGateway, "clients" | "lifetimes">,
  documents: Documents<ClientDocument>,
  now: () => number,
  published: DocumentClients,
): ClientRegistry {
  const lifetime = gateway.lifetimes.registration;
  const configured = new Map(gateway.clients.map((client) => [client.id, client]));
  const isWorthNoting = ({ lastUsedAt }: ClientDocument) => lastUsedAt + Math.min(DAY, lifetime / 2) <= now();
  return {
    async register(metadata) {
      const createdAt = now();
      const id = randomBytes(16).toString("base64url");
      const document = { id, metadata, createdAt, lastUsedAt: createdAt, ttl: lifetime + DAY };
      await documents.create(document);
      return document;
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
        };
      }
      if (isDocumentId(id)) return published.find(id);
      if (!isRegistrationId(id)) return undefined;
      const stored = await documents.read(id, id);
      if (!stored) return undefined;
      const { metadata, lastUsedAt } = stored.document;
      // The store drops expired documents when it gets to it, which may be late.
      if (lastUsedAt + lifetime <= now()) return undefined;
      return {
        id,
        name: metadata.client_name || UNNAMED_CLIENT,
        redirectUris: metadata.redirect_uris,
        grantTypes: metadata.grant_types,
        ...(metadata.client_uri ? { uri: metadata.client_uri } : {}),
        origin: "registered",
        useIsWorthNoting: isWorthNoting(stored.document),
      };
    },

    async noteUse(id) {
      const stored = await documents.read(id, id);
      // Another sign-in may have noted it since ours began; and a concurrent note does as well as ours.
      if (stored && isWorthNoting(stored.document)) {
        await documents.replace({ ...stored.document, lastUsedAt: now() }, stored.etag);
      }
    },
  };
}

/** Spares the store a read for an ID that we cannot have given out. */
function isRegistrationId(id: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(id);
}
