import { hashOf } from "../crypto/secrets.ts";
import { type Documents, StoreError } from "../store/documents.ts";
import { bothClaimsRequests } from "../upstream/claims-request.ts";

/** Claims that nobody came to satisfy in this time are asked for again when they are missed. */
export const OWED_SECONDS = 3600;

/** A person rarely owes claims at one server. Those of a fifth replace the oldest, so that a record stays small. */
const MOST_SERVERS = 4;

/** What one MCP server wants of a person's next sign-in with it. */
export interface OwedClaims {
  /** Name of the server. A sign-in without it does not ask for the claims. */
  readonly server: string;
  /** A claims request (OpenID Connect Core §5.5), as JSON. */
  readonly claims: string;
  /** Seconds since 1970. */
  readonly until: number;
}

/** What a person's next sign-ins with a client have to satisfy, where the client has no registration to keep it in. */
export interface OwedClaimsDocument {
  /** SHA-256 of the client ID, base64url: an ID may be a URL, which the store takes for none. */
  readonly id: string;
  /** The person's pseudonymous key: the partition. */
  readonly user: string;
  readonly client: string;
  /** The newest last. */
  readonly owed: readonly OwedClaims[];
  /** Seconds after the last write at which the store may drop it. */
  readonly ttl: number;
}

/** @returns what one person owes from now on: without what has ended, and with the newer claims in place of the same server's older ones */
export function withNewer<T extends OwedClaims>(owed: readonly T[], newer: T, now: number): readonly T[] {
  const others = owed.filter(({ server, until }) => until > now && server !== newer.server);
  return [...others.slice(1 - MOST_SERVERS), newer];
}

/**
 * @param owed by one person
 * @param servers names of those that the sign-in is for
 * @returns one claims request for all that these servers want, the newest where they want the same; undefined when they want nothing
 */
export function claimsFor(
  owed: readonly OwedClaims[],
  servers: readonly string[],
  now: number,
): string | undefined {
  return owed
    .filter(({ server, until }) => until > now && servers.includes(server))
    .map(({ claims }) => claims)
    .reduce<string | undefined>((all, claims) => bothClaimsRequests(all, claims) ?? claims, undefined);
}

/** Keeps claims for an hour: one write, or a read and another write where there were some. */
export async function keepOwedClaims(
  documents: Documents<OwedClaimsDocument>,
  client: string,
  { user, server, claims }: Pick<OwedClaims, "server" | "claims"> & { readonly user: string },
  now: number,
): Promise<void> {
  const id = hashOf(client);
  const newer = { server, claims, until: now + OWED_SECONDS };
  const documentOf = (owed: readonly OwedClaims[]) => ({ id, user, client, owed, ttl: OWED_SECONDS });
  try {
    await documents.create(documentOf([newer]));
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "conflict") throw error;
    const stored = await documents.read(id, user);
    if (stored) {
      await documents.replace(documentOf(withNewer(owedIn(stored.document), newer, now)), stored.etag);
    }
  }
}

/** @returns what {@link claimsFor} gives of what is kept: one read */
export async function keptOwedClaims(
  documents: Documents<OwedClaimsDocument>,
  client: string,
  user: string,
  servers: readonly string[],
  now: number,
): Promise<string | undefined> {
  const stored = await documents.read(hashOf(client), user);
  return stored && claimsFor(owedIn(stored.document), servers, now);
}

/** A record that an earlier release wrote within the hour names no server, and is not owed at any. */
function owedIn({ owed }: Partial<OwedClaimsDocument>): readonly OwedClaims[] {
  return owed ?? [];
}
