import type { JWTPayload } from "jose";
import * as z from "zod";
import type { EntraTokenVerifier } from "../platform/entra.ts";
import { isTokenFault } from "../platform/token-fault.ts";
import { type GatewayGrant, gatewayGrant, NO_GRANT } from "./gateway-grant.ts";

/** Who calls, by the Entra token that came with the request. */
export interface Caller {
  /** The assertion of On-Behalf-Of. Never logged and never part of an answer. */
  readonly token: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly name: string | null;
  readonly username: string | null;
  /** Application ID of the client the token was issued to. */
  readonly clientApplicationId: string | null;
  /** An application calls for itself, and no person stands behind it. */
  readonly isWorkload: boolean;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly tokenEndsAt: Date;
  /** What the gateway says of the call; nothing where another application presents the token. */
  readonly grant: GatewayGrant;
}

/** Whom this server serves. */
export interface CallerRules {
  /** The delegated scope that the token's `scp` must hold. */
  readonly requiredScope: string;
  /** Application ID of the gateway's sign-in application, for which Entra issues the tokens that the gateway presents. */
  readonly gatewayClientId: string;
  /** Other applications whose tokens are taken. */
  readonly furtherClientIds: readonly string[];
  /** The person needs one of these app roles or one of the groups; any person is served where both are empty. */
  readonly roles: readonly string[];
  /** Object IDs of Entra groups. */
  readonly groups: readonly string[];
  /** An application's own token needs one of these app roles; where there are none, only people are served. */
  readonly workloadRoles: readonly string[];
}

/** Why a request has no caller; RFC 6750 §3.1 for the first three. */
export type CallerRefusal =
  | { readonly error: "no_token" }
  | { readonly error: "invalid_token"; readonly description: string }
  | { readonly error: "insufficient_scope"; readonly scope: string }
  /** Entra issued the token to an application that this server does not serve. */
  | { readonly error: "another_client" }
  /** The person has none of the roles and groups. */
  | { readonly error: "not_assigned" }
  /** Entra's signing keys could not be had, which says nothing about the token. */
  | { readonly error: "unavailable" };

/** A token that ends sooner is refused: what a tool does with it may take as long. */
const SHORTEST_TOKEN_LIFE_SECONDS = 300;

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Claims of a v2.0 access token. */
const claimsSchema = z.object({
  sub: z.string(),
  oid: z.string().min(1),
  tid: z.string().min(1),
  exp: z.number(),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
  azp: z.string().optional(),
  scp: z.string().optional(),
  roles: z.array(z.string()).optional(),
  /** Entra leaves the list out when it is too long; nobody is served by a list that is not there. */
  groups: z.array(z.string()).optional().catch(undefined),
});

/**
 * Finds out who calls from the request's header fields.
 *
 * @param headers with the token in `Authorization`, and what the gateway adds
 * @param options.verify checks signature, issuer, audience and expiry
 * @param options.rules whom this server serves
 * @param options.now the time in milliseconds since 1970
 */
export async function identifyCaller(
  headers: Headers,
  options: { verify: EntraTokenVerifier; rules: CallerRules; now: number },
): Promise<{ caller: Caller } | { refusal: CallerRefusal }> {
  const { rules } = options;
  const authorization = headers.get("Authorization");
  if (authorization === null) return { refusal: { error: "no_token" } };
  const token = BEARER.exec(authorization)?.[1];
  if (!token) return invalid("The Authorization header holds no bearer token");

  let payload: JWTPayload;
  try {
    payload = await options.verify(token);
  } catch (error) {
    return isTokenFault(error)
      ? invalid("The access token is not valid")
      : { refusal: { error: "unavailable" } };
  }
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) return invalid("The access token does not say whose it is");

  const isGateway = claims.data.azp === rules.gatewayClientId;
  if (!isGateway && !rules.furtherClientIds.includes(claims.data.azp ?? "")) {
    return { refusal: { error: "another_client" } };
  }
  const caller = toCaller(token, claims.data, isGateway ? gatewayGrant(headers) : NO_GRANT);
  if (caller.tokenEndsAt.getTime() - options.now < SHORTEST_TOKEN_LIFE_SECONDS * 1000) {
    return invalid(`The access token ends within ${SHORTEST_TOKEN_LIFE_SECONDS} seconds`);
  }
  if (caller.isWorkload && rules.workloadRoles.length > 0) {
    const isAssigned = rules.workloadRoles.some((role) => caller.roles.includes(role));
    return isAssigned ? { caller } : { refusal: { error: "not_assigned" } };
  }
  if (!caller.scopes.includes(rules.requiredScope)) {
    return { refusal: { error: "insufficient_scope", scope: rules.requiredScope } };
  }
  return isAssigned(claims.data, rules) ? { caller } : { refusal: { error: "not_assigned" } };
}

function isAssigned(claims: z.output<typeof claimsSchema>, { roles, groups }: CallerRules): boolean {
  if (roles.length === 0 && groups.length === 0) return true;
  return (
    roles.some((role) => claims.roles?.includes(role)) ||
    groups.some((group) => claims.groups?.includes(group))
  );
}

function invalid(description: string): { refusal: CallerRefusal } {
  return { refusal: { error: "invalid_token", description } };
}

function toCaller(token: string, claims: z.output<typeof claimsSchema>, grant: GatewayGrant): Caller {
  return {
    token,
    objectId: claims.oid,
    tenantId: claims.tid,
    name: claims.name ?? null,
    username: claims.preferred_username ?? null,
    clientApplicationId: claims.azp ?? null,
    // Only an application's own token has its object ID as the subject.
    isWorkload: claims.scp === undefined && claims.sub === claims.oid,
    scopes: claims.scp?.split(" ").filter(Boolean) ?? [],
    roles: claims.roles ?? [],
    tokenEndsAt: new Date(claims.exp * 1000),
    grant,
  };
}
