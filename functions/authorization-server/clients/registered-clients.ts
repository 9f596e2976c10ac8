import { type ClientAuthentication, clientKeys } from "../../../config/rules/client-metadata.ts";
import { hasHash, hashOf, randomSecret } from "../crypto/secrets.ts";
import { OAuthError } from "../errors.ts";
import type { RemovableDocuments, Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { type Client, keptName, UNNAMED_CLIENT } from "./client.ts";
import type { ClientDocument, PersonsOwedClaims } from "./client-document.ts";
import { isRegistrationId, newRegistrationId, showsAuthentication } from "./client-id.ts";
import { claimsFor, OWED_SECONDS, withNewer } from "./owed-claims.ts";
import type { ClientMetadata } from "./registration.ts";
import { type RegistrationLifetime, registrationLifetime } from "./registration-lifetime.ts";

/** Most clients have one person. A registration keeps the claims of the newest few, so that it stays small. */
const MOST_PEOPLE = 4;

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
 * The clients that registered themselves, each a record in the store. `ClientRegistry` says what the methods do.
 *
 * @param lifetime seconds after a registration's last use
 * @param now the time in seconds since 1970
 */
export function registeredClients(
  documents: RemovableDocuments<ClientDocument>,
  lifetime: number,
  now: () => number,
) {
  const times = registrationLifetime(lifetime, now);
  const owedIn = ({ owedClaims = [] }: ClientDocument) => owedClaims.filter(({ until }) => until > now());

  async function readLiving(id: string): Promise<Stored<ClientDocument> | undefined> {
    if (!isRegistrationId(id)) return undefined;
    const stored = await documents.read(id, id);
    // The store drops expired documents when it gets to it, which may be late.
    return stored && !times.isOver(stored.document) ? stored : undefined;
  }

  return {
    async register(metadata: ClientMetadata): Promise<NewRegistration> {
      const registration = newRegistration(metadata, times.begin());
      await documents.create(registration.document);
      return registration;
    },

    async manage(id: string, managementToken: string): Promise<ManagedRegistration | undefined> {
      const stored = await readLiving(id);
      const hash = stored?.document.managementTokenHash;
      if (!stored || hash === undefined || !hasHash(managementToken, hash)) return undefined;
      return {
        document: stored.document,
        replaceMetadata: (metadata) => replaceMetadata(documents, stored, metadata),
        remove: () => documents.remove(id, id),
      };
    },

    async find(id: string): Promise<Client | undefined> {
      const { document } = (await readLiving(id)) ?? {};
      return (
        document && {
          ...clientOf(document),
          useIsWorthNoting: times.isWorthNoting(document),
          ...(owedIn(document).length > 0 && { owesClaims: true }),
        }
      );
    },

    async authentication(id: string): Promise<ClientAuthentication> {
      // Not one that the operator took out of the configuration either, whose sessions were for a client with credentials.
      if (!isRegistrationId(id)) throw unknownClient();
      if (!showsAuthentication(id)) return { method: "none" };
      const stored = await readLiving(id);
      if (!stored) throw unknownClient();
      return registeredAuthentication(stored.document);
    },

    async noteUse(id: string): Promise<void> {
      const stored = await documents.read(id, id);
      // Another sign-in may have noted it since ours began; and a concurrent note does as well as ours.
      if (stored && times.isWorthNoting(stored.document)) {
        await documents.replace(times.renewed(stored.document), stored.etag);
      }
    },

    async oweClaims(id: string, newer: Omit<PersonsOwedClaims, "until">): Promise<void> {
      const stored = isRegistrationId(id) ? await documents.read(id, id) : undefined;
      if (!stored) return;
      const owedClaims = withPersons(
        owedIn(stored.document),
        { ...newer, until: now() + OWED_SECONDS },
        now(),
      );
      await documents.replace({ ...stored.document, owedClaims }, stored.etag);
    },

    async owedClaims(id: string, user: string, servers: readonly string[]): Promise<string | undefined> {
      const stored = await documents.read(id, id);
      if (!stored) return undefined;
      const own = owedIn(stored.document).filter((each) => each.user === user);
      return claimsFor(own, servers, now());
    },
  };
}

function clientOf({ id, metadata }: ClientDocument): Omit<Client, "useIsWorthNoting"> {
  return {
    id,
    name: keptName(metadata.client_name || UNNAMED_CLIENT),
    redirectUris: metadata.redirect_uris,
    grantTypes: metadata.grant_types,
    origin: "registered",
  };
}

function newRegistration(
  metadata: ClientMetadata,
  times: ReturnType<RegistrationLifetime["begin"]>,
): NewRegistration {
  const method = metadata.token_endpoint_auth_method;
  const managementToken = randomSecret();
  const secret = method.startsWith("client_secret") ? randomSecret() : undefined;
  const document = {
    id: newRegistrationId(method),
    metadata,
    managementTokenHash: hashOf(managementToken),
    ...(secret !== undefined && { secretHash: hashOf(secret) }),
    ...times,
  };
  return { document, managementToken, ...(secret !== undefined && { secret }) };
}

function replaceMetadata(
  documents: RemovableDocuments<ClientDocument>,
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

/** @returns what all people owe, with one person's newer claims; of too many people, only the newest */
function withPersons(
  owed: readonly PersonsOwedClaims[],
  newer: PersonsOwedClaims,
  now: number,
): readonly PersonsOwedClaims[] {
  const own = owed.filter(({ user }) => user === newer.user);
  const others = owed.filter(({ user }) => user !== newer.user);
  const kept = [...new Set(others.map(({ user }) => user))].slice(1 - MOST_PEOPLE);
  return [...others.filter(({ user }) => kept.includes(user)), ...withNewer(own, newer, now)];
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
