import { assertionOf } from "../../../config/identity.ts";
import type { ResolvedServer } from "../../../config/resolve.ts";
import { randomId } from "../crypto/secrets.ts";
import type { EntraIdentity } from "../upstream/upstream.ts";
import { ASSERTION_TYPE } from "./assertion-type.ts";
import { scopesAt } from "./granted-server.ts";
import { OFFLINE_ACCESS } from "./openid-scopes.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";
import { signJwt } from "./sign-jwt.ts";

/** An assertion that no server gets: the gateway reads it, and so is its audience. */
const KEPT_AT_GATEWAY = { audience: undefined, claims: [], lifetime: 600 } as const;

/** What Entra says about the sign-in, where it does (OpenID Connect Core §2). */
const SIGN_IN_CLAIMS = ["auth_time", "acr", "amr"] as const;

interface Assertion {
  readonly token: string;
  /** How many seconds it lives. */
  readonly life: number;
}

/**
 * Signs an assertion: who calls an MCP server, and what they granted to the client. It ends with the session at the latest.
 *
 * @param scopes of the access token that the gateway saw; the assertion has none that the session lacks
 * @throws KeyError
 */
export async function signAssertion(
  { gateway, keys, now }: Pick<SessionContext, "gateway" | "keys" | "now">,
  session: SessionDocument,
  server: ResolvedServer,
  person: EntraIdentity,
  scopes: readonly string[],
): Promise<Assertion> {
  const { audience = gateway.issuer, claims, lifetime } = assertionOf(server.identity) ?? KEPT_AT_GATEWAY;
  const { roles, groups = [] } = person;
  const granted = scopesAt(gateway.servers, server, session.scopes);
  const said = ["oid", "tid", ...claims, ...SIGN_IN_CLAIMS].filter(
    (name) => person.claims[name] !== undefined,
  );
  const iat = now();
  const exp = Math.min(iat + lifetime, session.endsAt);
  const token = await signJwt(keys, ASSERTION_TYPE, {
    iss: gateway.issuer,
    sub: session.user,
    aud: audience,
    client_id: session.client.id,
    scope: granted.filter((scope) => scopes.includes(scope) && scope !== OFFLINE_ACCESS).join(" "),
    jti: randomId(),
    sid: session.id,
    iat,
    exp,
    ...Object.fromEntries(said.map((name) => [name, person.claims[name]])),
    ...(roles.length > 0 && { roles }),
    ...(groups !== "overage" && groups.length > 0 && { groups }),
  });
  return { token, life: exp - iat };
}
