import type { SessionSubject } from "../audit/events.ts";
import { OAuthError } from "../errors.ts";
import type { SessionDocument } from "./session-document.ts";

/** @returns whom an event about this session is about */
export function subjectOf(session: SessionDocument): SessionSubject {
  const { id, client, servers, objectId } = session;
  return { client: client.id, servers: servers.join(" "), session: id, user: objectId };
}

/** Does something with a session, and lets an error of it say which session that was. */
export async function about<T>(session: SessionDocument, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OAuthError) error.subject ??= subjectOf(session);
    throw error;
  }
}
