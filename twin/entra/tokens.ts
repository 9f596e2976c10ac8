import { createHash, randomBytes, randomInt } from "node:crypto";
import type { JWTPayload } from "jose";
import {
  appRoles,
  type DemoUser,
  type EntraApplicationRegistration,
  GRAPH_URI,
  type ManagedIdentity,
} from "./directory.ts";
import type { RequestedScopes } from "./scopes.ts";
import { issuerV1, issuerV2, type Tenant } from "./tenant.ts";

/** Seconds; a managed identity's tokens live a day. */
const MANAGED_IDENTITY_LIFETIME = 24 * 3600;
const REFRESH_LIFETIME = 90 * 24 * 3600;
export const REFRESH_PURPOSE = "refresh_token";

/** What one answer of the token endpoint is made of. */
export interface TokenRequest {
  readonly client: EntraApplicationRegistration;
  readonly user: DemoUser;
  readonly requested: RequestedScopes;
  /** The whole `scope` parameter, which a refresh without one repeats. */
  readonly scope: string;
  readonly nonce?: string | undefined;
  /** When the user signed in, in seconds since 1970, where they did so for this very request. */
  readonly authTime?: number;
  /** That the client declares. */
  readonly capabilities: readonly string[];
  /** The client sent `client_info=1`, as msal does. */
  readonly clientInfo: boolean;
}

/** @returns the body of a successful answer of the token endpoint */
export async function tokenAnswer(tenant: Tenant, request: TokenRequest): Promise<Record<string, unknown>> {
  const { client, user, requested } = request;
  const lifetime = tenant.accessTokenLifetime ?? randomInt(3600, 5401);
  const access = await accessToken(tenant, request, lifetime);
  const id = requested.openid.has("openid") ? await idToken(tenant, request) : undefined;
  const refresh = requested.openid.has("offline_access")
    ? `1.${await tenant.seal.seal(
        REFRESH_PURPOSE,
        {
          clientId: client.clientId,
          oid: user.oid,
          tenantId: tenant.tenantId,
          generation: tenant.standing.generation(user.oid),
          scope: request.scope,
        },
        REFRESH_LIFETIME,
      )}`
    : undefined;
  for (const secret of [access, id, refresh]) if (secret) tenant.issued.add(secret);
  return {
    token_type: "Bearer",
    scope: requested.answer,
    expires_in: lifetime,
    ext_expires_in: lifetime,
    access_token: access,
    ...(refresh ? { refresh_token: refresh } : {}),
    ...(id ? { id_token: id } : {}),
    ...(request.clientInfo
      ? { client_info: base64url(JSON.stringify({ uid: user.oid, utid: tenant.tenantId })) }
      : {}),
  };
}

function accessToken(tenant: Tenant, request: TokenRequest, lifetime: number): Promise<string> {
  const { client, user, requested } = request;
  const { resource } = requested;
  const roles = appRoles(user, resource);
  const v2 = resource.requestedAccessTokenVersion === 2;
  return tenant.signingKey.sign({
    ...frame(tenant, resource, lifetime),
    ...whoItIs(tenant, request),
    ...(v2
      ? {
          azp: client.clientId,
          azpacr: client.publicClient ? "0" : "2",
          preferred_username: user.userPrincipalName,
        }
      : {
          appid: client.clientId,
          appidacr: client.publicClient ? "0" : "2",
          upn: user.userPrincipalName,
          given_name: user.givenName,
          family_name: user.surname,
        }),
    name: user.displayName,
    sub: subjectOf(tenant, user.oid, resource),
    scp: requested.granted.join(" "),
    ...(roles.length > 0 ? { roles } : {}),
    ...groupClaims(user, resource),
    ...(resource.optionalClaims?.includes("xms_cc") && request.capabilities.length > 0
      ? { xms_cc: request.capabilities }
      : {}),
  });
}

function idToken(tenant: Tenant, request: TokenRequest): Promise<string> {
  const { client, user, requested } = request;
  const roles = appRoles(user, client);
  return tenant.signingKey.sign({
    ...times(3600),
    iss: issuerV2(tenant),
    aud: client.clientId,
    ver: "2.0",
    uti: uniqueIdentifier(),
    ...whoItIs(tenant, request),
    sub: subjectOf(tenant, user.oid, client),
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    ...(requested.openid.has("profile")
      ? { name: user.displayName, preferred_username: user.userPrincipalName }
      : {}),
    ...(requested.openid.has("email") || client.optionalClaims?.includes("email")
      ? { email: user.mail }
      : {}),
    ...(roles.length > 0 ? { roles } : {}),
    ...groupClaims(user, client),
    ...(client.optionalClaims?.includes("auth_time") && request.authTime !== undefined
      ? { auth_time: request.authTime }
      : {}),
    ...tenant.misissued.claims,
  });
}

/** Applications could compare notes by these, so that Entra gives them to none without `profile`. Microsoft Graph always has it. */
function whoItIs(tenant: Tenant, { requested, user }: TokenRequest): JWTPayload {
  const isTold = requested.openid.has("profile") || requested.granted.includes("profile");
  return isTold ? { oid: user.oid, tid: tenant.tenantId } : {};
}

/** Entra puts no more into a JWT. */
const MOST_GROUPS = 200;

function groupClaims(user: DemoUser, application: EntraApplicationRegistration): JWTPayload {
  const groups = (user.groups ?? []).filter((group) => application.assignedGroups?.includes(group));
  if (groups.length > MOST_GROUPS) {
    const endpoint = `${GRAPH_URI}/v1.0/users/${user.oid}/getMemberObjects`;
    return { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint } } };
  }
  return groups.length > 0 ? { groups } : {};
}

/**
 * @param audience an application, or the literal audience of a token for workload identity federation
 * @returns an app-only token and the second at which it ends
 */
export async function managedIdentityToken(
  tenant: Tenant,
  identity: ManagedIdentity,
  audience: EntraApplicationRegistration | string,
): Promise<{ readonly token: string; readonly expiresOn: number }> {
  const claims =
    typeof audience === "string"
      ? { ...times(MANAGED_IDENTITY_LIFETIME), ...v2Frame(tenant), aud: audience }
      : frame(tenant, audience, MANAGED_IDENTITY_LIFETIME);
  const roles = typeof audience === "string" ? [] : (identity.assignedRoles?.[audience.clientId] ?? []);
  const token = await appOnlyToken(tenant, identity, { ...claims, idtyp: "app" }, roles);
  return { token, expiresOn: claims.exp };
}

/**
 * @param roles of the client's at the resource
 * @returns the body of a successful answer to an application that acts for itself
 */
export async function applicationTokenAnswer(
  tenant: Tenant,
  client: EntraApplicationRegistration,
  resource: EntraApplicationRegistration,
  roles: readonly string[],
): Promise<Record<string, unknown>> {
  const lifetime = tenant.accessTokenLifetime ?? randomInt(3600, 5401);
  const principal = { clientId: client.clientId, principalId: servicePrincipalId(tenant, client) };
  // Entra adds `idtyp` only where the resource asks for that claim.
  const token = await appOnlyToken(tenant, principal, frame(tenant, resource, lifetime), roles);
  return { token_type: "Bearer", expires_in: lifetime, ext_expires_in: lifetime, access_token: token };
}

async function appOnlyToken(
  tenant: Tenant,
  { clientId, principalId }: Pick<ManagedIdentity, "clientId" | "principalId">,
  claims: JWTPayload,
  roles: readonly string[],
): Promise<string> {
  const token = await tenant.signingKey.sign({
    ...claims,
    ...(claims["ver"] === "2.0" ? { azp: clientId, azpacr: "2" } : { appid: clientId, appidacr: "2" }),
    ...(roles.length > 0 ? { roles } : {}),
    tid: tenant.tenantId,
    oid: principalId,
    sub: principalId,
  });
  tenant.issued.add(token);
  return token;
}

/** Each tenant has its own service principal of an application. */
function servicePrincipalId({ tenantId }: Tenant, { clientId }: EntraApplicationRegistration): string {
  const digest = createHash("sha256").update(`${tenantId}|${clientId}`).digest("hex");
  return digest.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** The claims that depend on the form of tokens an application takes. */
function frame(tenant: Tenant, resource: EntraApplicationRegistration, lifetime: number) {
  if (resource.requestedAccessTokenVersion === 2) {
    return { ...times(lifetime), ...v2Frame(tenant), aud: resource.clientId };
  }
  return {
    ...times(lifetime),
    iss: issuerV1(tenant),
    aud: resource.identifierUris[0] ?? resource.clientId,
    ver: "1.0",
    uti: uniqueIdentifier(),
  };
}

function v2Frame(tenant: Tenant) {
  return { iss: issuerV2(tenant), ver: "2.0", uti: uniqueIdentifier() };
}

function times(lifetime: number): Required<Pick<JWTPayload, "iat" | "nbf" | "exp">> {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, nbf: now, exp: now + lifetime };
}

/** `sub` of a user differs from application to application, so that they cannot compare notes. */
export function subjectOf(tenant: Tenant, oid: string, application: EntraApplicationRegistration): string {
  return createHash("sha256").update(`${tenant.tenantId}|${application.clientId}|${oid}`).digest("base64url");
}

function uniqueIdentifier(): string {
  return randomBytes(16).toString("base64url");
}

function base64url(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}
