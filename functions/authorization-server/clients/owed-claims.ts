import { hashOf } from "../sessions/secrets.ts";
import { type Documents, StoreError } from "../store/documents.ts";

/** Claims that nobody came to satisfy in this time are asked for again when they are missed. */
export const OWED_SECONDS = 3600;

/** What a person's next sign-in with a client has to satisfy, where the client has no registration to keep it in. */
export interface OwedClaimsDocument {
  /** SHA-256 of the client ID, base64url: an ID may be a URL, which the store takes for none. */
  readonly id: string;
  /** The person's pseudonymous key: the partition. */
  readonly user: string;
  readonly client: string;
  /** A claims request (OpenID Connect Core §5.5), as JSON. */
  readonly claims: string;
  /** Seconds since 1970. */
  readonly until: number;
  /** Seconds after the last write at which the store may drop it. */
  readonly ttl: number;
}

/** Keeps claims for an hour: one write, or a read and another write where there were some. The newest stand. */
export async function keepOwedClaims(
  documents: Documents<OwedClaimsDocument>,
  owed: Pick<OwedClaimsDocument, "user" | "client" | "claims">,
  now: number,
): Promise<void> {
  const { user, client, claims } = owed;
  const id = hashOf(client);
  const document = { id, user, client, claims, until: now + OWED_SECONDS, ttl: OWED_SECONDS };
  try {
    await documents.create(document);
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "conflict") throw error;
    const stored = await documents.read(id, user);
    if (stored) await documents.replace(document, stored.etag);
  }
}

/** @returns what is kept and has not ended: one read */
export async function keptOwedClaims(
  documents: Documents<OwedClaimsDocument>,
  user: string,
  client: string,
  now: number,
): Promise<string | undefined> {
  const stored = await documents.read(hashOf(client), user);
  return stored && stored.document.until > now ? stored.document.claims : undefined;
}
