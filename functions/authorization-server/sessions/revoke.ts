import type { Stored } from "../store/documents.ts";
import { keptChanging, type SessionContext, WRITE_ATTEMPTS } from "./session-context.ts";
import type { RevocationReason, SessionDocument } from "./session-document.ts";

/**
 * Ends a session for good and drops the user's Entra tokens: one conditional write. The rest of the record stays until
 * its time is over, so that a later use of its tokens is still known for what it is.
 *
 * @param stored as it was read; read again when somebody else wrote meanwhile
 * @throws StoreError
 */
export async function revokeSession(
  context: SessionContext,
  stored: Stored<SessionDocument>,
  because: RevocationReason,
): Promise<void> {
  let current: Stored<SessionDocument> | undefined = stored;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS && current; attempt++) {
    const { document, etag }: Stored<SessionDocument> = current;
    if (document.revoked) return;
    const { entra: _, ...rest } = document;
    if (await context.documents.replace({ ...rest, revoked: { at: context.now(), because } }, etag)) return;
    current = await context.documents.read(document.id, document.user);
  }
  if (current) throw keptChanging();
}
