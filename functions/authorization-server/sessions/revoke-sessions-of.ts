import { StoreError } from "../store/documents.ts";
import { listSessions } from "./list-sessions.ts";
import { revokeSession } from "./revoke.ts";
import { endOf, type SessionContext } from "./session-context.ts";
import type { RevocationReason, SessionDocument } from "./session-document.ts";

/** Which of a person's sessions. */
export type ChosenSessions =
  | { readonly session: string }
  /** A client's ID. */
  | { readonly client: string }
  | "all";

/** How many sessions are written at the same time. */
const AT_ONCE = 10;

/** How often the list is read again for those that were too many for one. */
const MOST_LISTS = 5;

/**
 * Ends sessions of one person: a point read and a conditional write for each, and a query for more than one. What is
 * another's is not found, since everything stays in the person's partition.
 *
 * @param user the person's key
 * @returns those that it ended, as they end; whatever had ended before is not among them
 * @throws StoreError, after those that could be ended; also when there are more than it ends in one go
 */
export async function* revokeSessionsOf(
  context: SessionContext,
  user: string,
  chosen: ChosenSessions,
  because: RevocationReason,
): AsyncGenerator<SessionDocument> {
  if (chosen !== "all" && "session" in chosen) {
    yield* revokeEach(context, user, [chosen.session], because);
    return;
  }
  for (let list = 0; list < MOST_LISTS; list++) {
    const { sessions, more } = await listSessions(
      context,
      user,
      chosen === "all" ? undefined : chosen.client,
    );
    const ids = sessions.map(({ id }) => id);
    yield* revokeEach(context, user, ids, because);
    if (!more) return;
  }
  throw new StoreError("unavailable", { cause: new Error("more sessions than are ended in one go") });
}

async function* revokeEach(
  context: SessionContext,
  user: string,
  ids: readonly string[],
  because: RevocationReason,
): AsyncGenerator<SessionDocument> {
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const revoked = await Promise.allSettled(
      ids.slice(start, start + AT_ONCE).map((id) => revokeOne(context, user, id, because)),
    );
    for (const each of revoked) if (each.status === "fulfilled" && each.value) yield each.value;
    for (const each of revoked) if (each.status === "rejected") throw each.reason;
  }
}

async function revokeOne(
  context: SessionContext,
  user: string,
  id: string,
  because: RevocationReason,
): Promise<SessionDocument | undefined> {
  const stored = await context.documents.read(id, user);
  if (!stored || endOf(stored.document, context.now())) return undefined;
  await revokeSession(context, stored, because);
  return stored.document;
}
