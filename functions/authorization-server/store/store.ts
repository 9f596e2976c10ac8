import type { ClientDocument } from "../clients/client-document.ts";
import type { OwedClaimsDocument } from "../clients/owed-claims.ts";
import type { DataKeysDocument } from "../keys/data-keys.ts";
import type { SessionDocument, SessionSummary } from "../sessions/session-document.ts";
import type { Documents, RemovableDocuments } from "./documents.ts";

/** A container that can also list a person's sessions. */
export interface SessionDocuments extends Documents<SessionDocument> {
  /**
   * One query within the person's partition, a bounded one.
   *
   * @param user the person's key
   * @param now seconds since 1970; what is revoked, or was to end before, is left out
   * @param limit of sessions
   * @param client ID of the client whose sessions are listed; all clients when left out
   * @returns some of the person's sessions, in no order, and whether there are more
   */
  listLive(
    user: string,
    now: number,
    limit: number,
    client?: string,
  ): Promise<{ readonly sessions: readonly SessionSummary[]; readonly more: boolean }>;
}

export interface Store {
  readonly claims: Documents<OwedClaimsDocument>;
  readonly clients: RemovableDocuments<ClientDocument>;
  readonly keys: Documents<DataKeysDocument>;
  readonly sessions: SessionDocuments;
}
