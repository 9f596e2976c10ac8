import { StoreError } from "../store/store.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";

/**
 * Writes a session if nobody else wrote it since it was read. A write whose answer was lost may have been made all the
 * same, and its client's next try would pass for a thief's; so the session is then read once more.
 *
 * @param isOurs tells the session that we were writing from anybody else's
 * @returns whether it is written
 * @throws StoreError when it is not, or nobody can tell
 */
export async function writeSession(
  { documents }: Pick<SessionContext, "documents">,
  document: SessionDocument,
  etag: string,
  isOurs: (stored: SessionDocument) => boolean,
): Promise<boolean> {
  try {
    return (await documents.replace(document, etag)) !== undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const stored = await documents.read(document.id, document.user);
    if (stored && isOurs(stored.document)) return true;
    throw error;
  }
}
