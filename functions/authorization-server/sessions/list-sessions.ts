import type { SessionContext } from "./session-context.ts";
import type { SessionSummary } from "./session-document.ts";

/** More than anybody has; whoever does is shown some, and the others once those are gone. */
const MOST_SESSIONS = 200;

/**
 * A person's sessions that can still serve their client: one query, in the person's partition alone.
 *
 * @param user the person's key
 * @param client ID of the one whose sessions they are to be; any when left out
 * @returns the sessions, the one used last first, and whether there are more than are listed
 * @throws StoreError
 */
export async function listSessions(
  context: SessionContext,
  user: string,
  client?: string,
): Promise<{ readonly sessions: readonly SessionSummary[]; readonly more: boolean }> {
  const { sessions, more } = await context.documents.listLive(user, context.now(), MOST_SESSIONS, client);
  const serving = sessions.filter((session) => isServing(context, session));
  return { sessions: serving.sort((a, b) => lastUse(b) - lastUse(a)), more };
}

/** @returns when a session was last used, as far as its record tells; seconds since 1970 */
export function lastUse({ createdAt, lastUsedAt = createdAt }: SessionSummary): number {
  return lastUsedAt;
}

/** A client that did not refresh in time has nothing left but its last access token. */
function isServing({ gateway, now }: SessionContext, session: SessionSummary): boolean {
  const { endsAt, refreshEndsAt = endsAt } = session;
  const accessEndsAt = lastUse(session) + gateway.lifetimes.accessToken;
  return Math.min(endsAt, Math.max(refreshEndsAt, accessEndsAt)) > now();
}
