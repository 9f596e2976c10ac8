import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { optionalScopes } from "./optional-scopes.ts";
import { endOf, type SessionContext, sessionIn } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";

/**
 * Takes an optional scope out of a session, which continues without it: one point read and one conditional write.
 *
 * @param place the person's key and the session's ID
 * @returns the session as it was before; undefined when there was nothing to withdraw: the session has ended or is another's, or has
 *   no such optional scope
 * @throws StoreError
 */
export async function withdrawScope(
  context: SessionContext,
  place: { readonly user: string; readonly session: string },
  scope: string,
): Promise<SessionDocument | undefined> {
  const { documents, gateway, now } = context;
  return retryOnConflict(sessionIn(context, place), async (stored) => {
    if (!stored || endOf(stored.document, now())) return undefined;
    const session = stored.document;
    const servers = gateway.servers.filter(({ name }) => session.servers.includes(name));
    if (!optionalScopes(servers, session.scopes).includes(scope)) return undefined;
    const changed = {
      ...session,
      scopes: session.scopes.filter((each) => each !== scope),
      leftOut: [...(session.leftOut ?? []), scope],
    };
    return (await documents.replace(changed, stored.etag)) ? session : CONFLICT;
  });
}
