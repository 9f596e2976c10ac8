import { decodeJwt, type JWTPayload } from "jose";

/** What a user is at one MCP server, by the Entra token for it. */
export interface Membership {
  /** The user's app roles at the server's own application. */
  readonly roles: readonly string[];
  /**
   * Object IDs of the user's groups, as far as the server's application asks for them (`groupMembershipClaims`); "overage"
   * when there are so many that Entra left the list out of the token.
   */
  readonly groups?: readonly string[] | "overage";
}

/**
 * The roles and groups at a server's own application stand in the MCP server's access token alone. Our application registrations
 * ask for version 2.0 tokens, which are readable JWTs; one that is not has neither for us.
 *
 * @param accessToken straight from Entra
 */
export function membershipIn(accessToken: string): Membership {
  return membershipOf(claimsIn(accessToken));
}

/** @param claims of a token straight from Entra: of an id token, which has the roles and groups at our own application, too */
export function membershipOf(claims: JWTPayload): Membership {
  return { roles: texts(claims["roles"]), groups: isOverage(claims) ? "overage" : texts(claims["groups"]) };
}

function claimsIn(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

/** `_claim_names` names a source for the list in its place; `hasgroups` only says that there is one. */
function isOverage(claims: JWTPayload): boolean {
  if (claims["hasgroups"] === true || claims["hasgroups"] === "true") return true;
  const sources = claims["_claim_names"];
  return typeof sources === "object" && sources !== null && "groups" in sources;
}

function texts(claim: unknown): readonly string[] {
  return Array.isArray(claim) ? claim.filter((each) => typeof each === "string") : [];
}
