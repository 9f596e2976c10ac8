import type { ResolvedServer } from "../../../config/resolve.ts";
import { UpstreamError } from "../upstream/errors.ts";
import type {
  EntraAccessToken,
  EntraIdentity,
  EntraRenewal,
  EntraTokens,
  Upstream,
} from "../upstream/upstream.ts";
import { userKey } from "./user-key.ts";

/**
 * Has Entra say what a session's person is at one of its MCP servers: with a token for the server, or, where the server gets none, with
 * who the person is.
 *
 * @param session.user the person's key
 * @throws UpstreamError
 */
export async function standingAt(
  { gateway, upstream }: { readonly gateway: { readonly issuer: string }; readonly upstream: Upstream },
  session: { readonly user: string },
  server: ResolvedServer,
  tokens: EntraTokens,
  renewal?: EntraRenewal,
): Promise<EntraAccessToken | EntraIdentity> {
  if (server.entraScope !== undefined) return upstream.accessToken(tokens, server.entraScope, renewal);
  const scopes = server.signInScope.split(" ").filter((scope) => scope !== "");
  const person = await upstream.identity(tokens, scopes, renewal);
  const { oid, tid } = person.claims;
  // We vouch for this person to the server, so the id token that Entra renewed has to be theirs.
  if (session.user !== userKey(gateway.issuer, String(tid), String(oid))) {
    throw new UpstreamError("refused", "id_token_of_another_person");
  }
  return person;
}
