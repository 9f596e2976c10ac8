import { StoreError } from "../store/documents.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";

/**
 * Writes a session if nobody else wrote it since it was read. A write whose answer was lost may have been made all the
 * same, and its client's next try would pass for a thief's; so the session is then read once more, unless the store knows that
 * nothing was written.
 *
 * @param isOurs tells the session that we were writing from anybody else's
 * @returns whether it is written
 * @throws StoreError when it is not; UndecidedWriteError when nobody can tell
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
    if (!(error instanceof StoreError) || error.notMade) throw error;
    const stored = await documents.read(document.id, document.user).catch((cause: unknown) => {
      throw new UndecidedWriteError({ cause });
    });
    if (stored && isOurs(stored.document)) return true;
    throw error;
  }
}

/** A write's answer was lost, and the store could not be asked whether it was made. */
export class UndecidedWriteError extends StoreError {
  constructor(options: { cause: unknown }) {
    const { cause } = options;
    super("unavailable", { cause, retryAfter: cause instanceof StoreError ? cause.retryAfter : undefined });
    this.message = "store: unavailable, and a write may have been made";
  }
}
