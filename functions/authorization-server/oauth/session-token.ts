import * as z from "zod";
import type { Call, Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { userToken } from "../sessions/user-token.ts";
import { claimsRequest } from "../upstream/claims-request.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { readJsonObject } from "./request-body.ts";
import { ENDED_SESSION_HEADER, json } from "./responses.ts";

/** Claims of a proxy token that the gateway has verified, and what the backend said to the user's token. */
const bodySchema = z.object({
  sub: z.string().regex(/^[\w-]{43}$/),
  sid: z.string().regex(/^[\w-]{22}$/),
  aud: z.url(),
  /** Separated by blanks. */
  scope: z.string().default(""),
  /** The backend refused the token that the gateway had. */
  renew: z.boolean().default(false),
  /** The claims that the backend asked for, in base64; empty when it asked for none. */
  claims: z.string().default(""),
});

/**
 * `POST /internal/session-token`: the gateway asks for a session's Entra token, or our assertion, because its cache has none, or the
 * backend refused that. One point read, and one conditional write when Entra renewed what is kept.
 *
 * Answers 200 `{access_token, cache_seconds, withdrawn}`, or 410 `{error: "session_ended"}` when the person has to sign in again: 404 is also
 * what the Functions host says of an app that failed to load. A session that this very request ended is named in a header, so that
 * the gateway refuses it at its other servers too, whose Entra tokens it may still have.
 */
export function sessionToken({ clients, sessions }: Pick<Dependencies, "clients" | "sessions">): Endpoint {
  return async (request, call) => {
    const body = bodySchema.safeParse(await readJsonObject(request, "invalid_request"));
    if (!body.success) throw new OAuthError("invalid_request", "sub, sid and aud are needed.");
    const { sub, sid, aud, scope, renew } = body.data;
    const caller = { user: sub, session: sid, scopes: scope.split(" ") };
    const claims = claimsRequest(Buffer.from(body.data.claims, "base64").toString("utf8"));
    if (body.data.claims && !claims) call.log("warn", "backend_claims_ignored", { session: sid });
    const refusal = renew ? { ...(claims && { claims }) } : undefined;
    const ended = (reason: string, headers: Record<string, string> = {}) => {
      audit(call, "session_token_refused", { session: sid, reason });
      return json({ error: "session_ended" }, { status: 410, headers });
    };
    try {
      const found = await userToken(sessions, caller, aud, refusal);
      if (!found) return ended("session_ended");
      if ("reason" in found) {
        audit(call, "revoked", { ...found.subject, because: "entra_refused" });
        const { claims: wanted, server } = found;
        if (wanted !== undefined) {
          await oweClaims(clients, call, found.subject.client, { user: sub, server, claims: wanted });
        }
        return ended(found.reason, { [ENDED_SESSION_HEADER]: sid });
      }
      const { token, cacheSeconds, withdrawn } = found;
      return json({ access_token: token, cache_seconds: cacheSeconds, withdrawn: withdrawn.join(" ") });
    } catch (error) {
      if (error instanceof UpstreamError && error.kind === "refused") {
        return ended(error.message);
      }
      throw error;
    }
  };
}

/** Best effort: claims that are not asked for in the next sign-in are asked for in the one after. */
async function oweClaims(
  clients: ClientRegistry,
  call: Call,
  client: string,
  owed: Parameters<ClientRegistry["oweClaims"]>[1],
): Promise<void> {
  try {
    await clients.oweClaims(client, owed);
  } catch (error) {
    call.log("warn", "claims_not_kept", { client, reason: error instanceof Error ? error.name : "" });
  }
}
