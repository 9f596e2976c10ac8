import type { Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { type SessionContext, sessionIn } from "./session-context.ts";
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
  const { id: session, user } = stored.document;
  await retryOnConflict({ ...sessionIn(context, { session, user }), first: stored }, async (current) => {
    if (!current || current.document.revoked) return undefined;
    const { entra: _, ...rest } = current.document;
    const revoked = { ...rest, revoked: { at: context.now(), because } };
    return (await context.documents.replace(revoked, current.etag)) ? undefined : CONFLICT;
  });
}
