import { randomBytes } from "node:crypto";
import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Documents } from "../store/store.ts";
import { type Client, UNNAMED_CLIENT } from "./client.ts";
import type { ClientDocument } from "./client-document.ts";
import type { ClientMetadata } from "./registration.ts";

const DAY = 24 * 3600;

/** Claims that nobody came to satisfy in this time are asked for again when they are missed. */
const OWED_SECONDS = 3600;

/** Most clients have one person; the record of one with many stays small. */
const MOST_OWED = 4;

export interface ClientRegistry {
  /**
   * Registers a client: one write.
   *
   * @returns what was stored; its ID is the client ID
   */
  register(metadata: ClientMetadata): Promise<ClientDocument>;
  /**
   * Looks a client up: none or one point read.
   *
   * @returns undefined when nobody knows it, or its registration has ended
   */
  find(id: string): Promise<Client | undefined>;
  /** Renews a registration because a person signed in with it: one read, and one write unless that was noted today. */
  noteUse(id: string): Promise<void>;
  /**
   * Keeps for an hour what a person's next sign-in with a registered client has to satisfy: one read, one write. A configured
   * client has no record to keep it in.
   *
   * @param user the person's pseudonymous key
   * @param claims a claims request, as JSON
   */
  oweClaims(id: string, user: string, claims: string): Promise<void>;
  /** What a person's sign-in with the client has to satisfy: one read. */
  owedClaims(id: string, user: string): Promise<string | undefined>;
}

/**
 * The clients that the operator entered and those that registered themselves.
 *
 * @param now the time in seconds since 1970
 */
export function clientRegistry(
  gateway: Pick<ResolvedGateway, "clients" | "lifetimes">,
  documents: Documents<ClientDocument>,
  now: () => number,
): ClientRegistry {
  const lifetime = gateway.lifetimes.registration;
  const configured = new Map(gateway.clients.map((client) => [client.id, client]));
  const isWorthNoting = ({ lastUsedAt }: ClientDocument) => lastUsedAt + Math.min(DAY, lifetime / 2) <= now();
  const owed = ({ owedClaims = [] }: ClientDocument) => owedClaims.filter(({ until }) => until > now());
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
        ...(owed(stored.document).length > 0 && { owesClaims: true }),
      };
    },

    async noteUse(id) {
      const stored = await documents.read(id, id);
      // Another sign-in may have noted it since ours began; and a concurrent note does as well as ours.
      if (stored && isWorthNoting(stored.document)) {
        await documents.replace({ ...stored.document, lastUsedAt: now() }, stored.etag);
      }
    },

    async oweClaims(id, user, claims) {
      const stored = isRegistrationId(id) ? await documents.read(id, id) : undefined;
      if (!stored) return;
      const others = owed(stored.document).filter((each) => each.user !== user);
      const owedClaims = [...others.slice(1 - MOST_OWED), { user, claims, until: now() + OWED_SECONDS }];
      await documents.replace({ ...stored.document, owedClaims }, stored.etag);
    },

    async owedClaims(id, user) {
      const stored = await documents.read(id, id);
      return stored && owed(stored.document).find((each) => each.user === user)?.claims;
    },
  };
}

/** Spares the store a read for an ID that we cannot have given out. */
function isRegistrationId(id: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(id);
}
