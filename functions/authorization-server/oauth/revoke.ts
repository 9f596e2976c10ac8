import type { Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import { hasHash } from "../crypto/secrets.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { readAccessToken } from "../sessions/access-token.ts";
import { parseRefreshToken } from "../sessions/handles.ts";
import { revokeSession } from "../sessions/revoke.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import { subjectOf } from "../sessions/subject.ts";
import { readForm, requiredParameter } from "./request-body.ts";
import { ENDED_SESSION_HEADER, json } from "./responses.ts";

interface PresentedToken {
  readonly user: string;
  readonly session: string;
  /** Whether the session's record bears the token out. */
  belongsTo(session: SessionDocument): boolean;
}

/**
 * `POST /revoke` (RFC 7009): ends the session of an access or refresh token, with everything it got. A token that is
 * none of ours answers like one that was revoked; another client's is refused.
 */
export function revoke(dependencies: Dependencies): Endpoint {
  const { authenticate, clients, sessions } = dependencies;
  return async (request, call) => {
    const form = await readForm(request);
    const clientId = await authenticate(request, form, clients.authentication);
    const presented = await identify(dependencies, requiredParameter(form, "token"));
    if (!presented) return json({});
    const stored = await sessions.documents.read(presented.session, presented.user);
    if (!stored || !presented.belongsTo(stored.document)) return json({});
    if (stored.document.client.id !== clientId) {
      throw new OAuthError("invalid_grant", "The token was not issued to this client.", {
        reason: "token_of_another_client",
        subject: subjectOf(stored.document),
      });
    }
    await revokeSession(sessions, stored, "client_request");
    audit(call, "revoked", { ...subjectOf(stored.document), because: "client_request" });
    return json({}, { headers: { [ENDED_SESSION_HEADER]: presented.session } });
  };
}

async function identify({ gateway, keys }: Dependencies, token: string): Promise<PresentedToken | undefined> {
  const refresh = parseRefreshToken(token);
  if (refresh) {
    return {
      user: refresh.user,
      session: refresh.session,
      belongsTo: (session) =>
        session.refresh !== undefined && hasHash(refresh.family, session.refresh.familyHash),
    };
  }
  const claims = await readAccessToken(keys, gateway.issuer, token);
  return claims && { user: claims.sub, session: claims.sid, belongsTo: () => true };
}
