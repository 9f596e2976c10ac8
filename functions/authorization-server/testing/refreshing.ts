import { type RefreshRequest, refreshSession } from "../sessions/refresh.ts";
import { GRANT, type Instance, type Sessions } from "./sessions.ts";

// What the tests of refreshing share: the client that refreshes, and an Entra that renews.

/** Refreshes as the client of the session does. @throws Error when the token names no session */
export async function refresh(
  context: Instance,
  refreshToken: string,
  changes: Partial<RefreshRequest> = {},
) {
  const request = { refreshToken, clientId: GRANT.client.id, ...changes };
  const refreshed = await refreshSession(context, request);
  if (!refreshed) throw new Error("the refresh token names no session");
  return { ...refreshed, next: refreshed.tokens.refreshToken ?? "" };
}

/** Asks Entra anew each time, as it is when the user's token is near its end. */
export function entraRenews(sessions: Sessions) {
  let count = 0;
  sessions.upstream.answer = (tokens) => ({
    token: "entra-token",
    expiresAt: sessions.clock.now() + 3600,
    roles: ["Mcp.User"],
    renewed: { ...tokens, cache: `renewed-entra-tokens-${++count}` },
  });
}
