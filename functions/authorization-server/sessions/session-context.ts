import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { SessionDocuments } from "../store/store.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { SessionDocument } from "./session-document.ts";

/** What the operations on sessions need. */
export interface SessionContext {
  readonly gateway: Pick<ResolvedGateway, "issuer" | "lifetimes" | "servers">;
  readonly documents: SessionDocuments;
  readonly keys: KeyRing;
  readonly upstream: Upstream;
  /** Seconds since 1970. */
  now(): number;
}

/** A session to act on, as `retryOnConflict` takes it. */
export function sessionIn(
  { documents }: Pick<SessionContext, "documents">,
  { session, user }: { readonly session: string; readonly user: string },
) {
  return { name: "session", read: () => documents.read(session, user) };
}

/** The store may drop a session this many seconds after it ended; nobody counts on it being prompt. */
export const TTL_MARGIN_SECONDS = 3600;

/** @returns why this session can serve nobody; undefined when it can */
export function endOf(session: SessionDocument, now: number): "revoked" | "expired" | undefined {
  if (session.revoked) return "revoked";
  return session.endsAt <= now ? "expired" : undefined;
}
