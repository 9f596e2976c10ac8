import type { Client } from "../clients/client.ts";
import { hashOf, randomId, randomSecret } from "../crypto/secrets.ts";
import type { EntraTokens, EntraUser } from "../upstream/upstream.ts";
import { sealEntraTokens } from "./entra-tokens.ts";
import { formatCode } from "./handles.ts";
import { type SessionContext, TTL_MARGIN_SECONDS } from "./session-context.ts";
import { userKey } from "./user-key.ts";

/** What the person approved, and what the client bound its code to. */
export interface Grant {
  readonly client: Pick<Client, "id" | "name" | "grantTypes">;
  /** Names of the MCP servers. */
  readonly servers: readonly string[];
  readonly scopes: readonly string[];
  /** Scopes that the client asked for and the person left out. */
  readonly leftOut?: readonly string[];
  /** Where the code goes. */
  readonly redirectUri: string;
  /** The redirect URI that the client named, if it did. */
  readonly boundRedirectUri?: string | undefined;
  readonly challenge: string;
}

/**
 * Begins a session when a person comes back from Entra: one write.
 *
 * @returns the authorization code for the client, and the session's ID for the log
 * @throws StoreError
 */
export async function beginSession(
  context: SessionContext,
  grant: Grant,
  user: EntraUser,
  tokens: EntraTokens,
): Promise<{ code: string; session: string }> {
  const { gateway, documents, keys } = context;
  const id = randomId();
  const secret = randomSecret();
  const createdAt = context.now();
  const expiresAt = createdAt + gateway.lifetimes.authorizationCode;
  const document = {
    id,
    user: userKey(gateway.issuer, user.tenantId, user.objectId),
    objectId: user.objectId,
    client: {
      id: grant.client.id,
      name: grant.client.name,
      grantTypes: grant.client.grantTypes,
      answersTo: originOrScheme(grant.redirectUri),
    },
    servers: grant.servers,
    scopes: grant.scopes,
    ...(grant.leftOut && { leftOut: grant.leftOut }),
    createdAt,
    // Until the code is redeemed there is nothing else to live for.
    endsAt: expiresAt,
    code: {
      hash: hashOf(secret),
      expiresAt,
      ...(grant.boundRedirectUri === undefined ? {} : { redirectUri: grant.boundRedirectUri }),
      challenge: grant.challenge,
    },
    entra: await sealEntraTokens(keys, id, tokens),
    ttl: gateway.lifetimes.authorizationCode + TTL_MARGIN_SECONDS,
  };
  await documents.create(document);
  return { code: formatCode({ user: document.user, session: id, secret }), session: id };
}

/** All of a redirect URI that a person may later be shown; its path may be made to mislead. */
function originOrScheme(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === "null" ? protocol : origin;
}
