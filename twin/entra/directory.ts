import { clouds } from "../../config/clouds.ts";
import { graphPermissions } from "../../functions/graph-mcp/contract.ts";

/** A federated identity credential of an application: whose token serves as its client assertion. */
export interface FederatedCredential {
  /** Issuer of that token; left out, it is this tenant's own v2.0 issuer, as for a managed identity. */
  readonly issuer?: string;
  /** Principal ID of the managed identity. */
  readonly subject: string;
  /** {@link TOKEN_EXCHANGE_AUDIENCE}. */
  readonly audience: string;
}

/** Delegated permissions to another application, with the administrator's consent for the whole tenant. */
export interface DelegatedPermission {
  /** Client ID of the application that exposes the scopes; {@link GRAPH_CLIENT_ID} for Microsoft Graph. */
  readonly resourceClientId: string;
  readonly scopes: readonly string[];
}

type AssignedRoles = Readonly<Record<string, readonly string[]>>;

export interface EntraApplicationRegistration {
  /** Application (client) ID, a GUID. */
  readonly clientId: string;
  readonly displayName: string;
  /** Application ID URIs, such as `api://<client ID>`. */
  readonly identifierUris: readonly string[];
  /** Compared character by character. */
  readonly redirectUris: readonly string[];
  readonly scopes: readonly { readonly value: string }[];
  readonly appRoles: readonly { readonly value: string }[];
  readonly federatedCredentials: readonly FederatedCredential[];
  /** A client secret, which no application of ours has. */
  readonly secret?: string;
  /** A native application ("allow public client flows"): it authenticates with nothing. */
  readonly publicClient?: boolean;
  /** App roles assigned to the application itself ("application permissions"), by the other application's client ID. */
  readonly assignedRoles?: AssignedRoles;
  readonly delegatedPermissions: readonly DelegatedPermission[];
  /** Form of the tokens for this application; a new registration has 1 until its manifest says 2. */
  readonly requestedAccessTokenVersion: 1 | 2;
  /** Only users with an app role get in (AADSTS50105). */
  readonly assignmentRequired?: boolean;
  /** Whose users may sign in; those of its own tenant when left out. */
  readonly signInAudience?: "AzureADMyOrg" | "AzureADMultipleOrgs";
  /** Optional claims, in id tokens and in access tokens for the application. */
  readonly optionalClaims?: readonly ("auth_time" | "email" | "xms_cc")[];
  /** Groups that are assigned to the application and so stand in tokens for it (`groupMembershipClaims: ApplicationGroup`). */
  readonly assignedGroups?: readonly string[];
}

/** A user-assigned managed identity. */
export interface ManagedIdentity {
  readonly clientId: string;
  /** Object ID of its service principal: `oid` and `sub` of its tokens. */
  readonly principalId: string;
  readonly displayName: string;
  /** App roles assigned to it, by the application's client ID. */
  readonly assignedRoles?: AssignedRoles;
}

/** A user of the tenant, with the properties that Graph gives. */
export interface DemoUser {
  readonly oid: string;
  readonly displayName: string;
  readonly givenName: string;
  readonly surname: string;
  readonly userPrincipalName: string;
  readonly mail: string;
  readonly jobTitle: string;
  readonly officeLocation: string;
  readonly mobilePhone: string | null;
  readonly businessPhones: readonly string[];
  readonly preferredLanguage: string | null;
  /** Values of the app roles assigned to the user, by the application's client ID. */
  readonly appRoles: Readonly<Record<string, readonly string[]>>;
  /** Object IDs of the groups that the user is in. */
  readonly groups?: readonly string[];
}

export const GRAPH_CLIENT_ID = "00000003-0000-0000-c000-000000000000";
/** Audience of the token with which a managed identity authenticates an application. */
export const TOKEN_EXCHANGE_AUDIENCE = clouds.public.tokenExchangeAudience;
export const GRAPH_URI = clouds.public.graph;

/** The scopes of OpenID Connect, which every application has at Graph. */
export const OPENID_SCOPES: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"]);

const graph: EntraApplicationRegistration = {
  clientId: GRAPH_CLIENT_ID,
  displayName: "Microsoft Graph",
  identifierUris: [GRAPH_URI],
  redirectUris: [],
  scopes: graphPermissions.map((value) => ({ value })),
  appRoles: [],
  federatedCredentials: [],
  delegatedPermissions: [],
  requestedAccessTokenVersion: 1,
};

/** Resource of managed identities' tokens; nobody signs in to it. */
const keyVault: EntraApplicationRegistration = {
  clientId: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
  displayName: "Azure Key Vault",
  identifierUris: [clouds.public.keyVault],
  redirectUris: [],
  scopes: [],
  appRoles: [],
  federatedCredentials: [],
  delegatedPermissions: [],
  requestedAccessTokenVersion: 1,
};

/** Everything the tenant knows, with Microsoft's own applications in it. Identifiers are compared without regard to case. */
export class Directory {
  readonly #applications: ReadonlyMap<string, EntraApplicationRegistration>;
  readonly #resources: ReadonlyMap<string, EntraApplicationRegistration>;
  readonly #identities: ReadonlyMap<string, ManagedIdentity>;
  readonly #users: ReadonlyMap<string, DemoUser>;

  /** @throws Error when two entries share an identifier */
  constructor(entries: {
    readonly applications: readonly EntraApplicationRegistration[];
    readonly identities: readonly ManagedIdentity[];
    readonly users: readonly DemoUser[];
  }) {
    this.#applications = byKey(entries.applications, (each) => [each.clientId]);
    this.#resources = byKey([graph, keyVault, ...entries.applications], (each) => [
      each.clientId,
      ...each.identifierUris,
    ]);
    this.#identities = byKey(entries.identities, (each) => [each.clientId]);
    this.#users = byKey(entries.users, (each) => [each.oid]);
  }

  get users(): Iterable<DemoUser> {
    return this.#users.values();
  }

  application(clientId: string): EntraApplicationRegistration | undefined {
    return this.#applications.get(clientId.toLowerCase());
  }

  /** @param identifier an application ID URI or a client ID */
  resource(identifier: string): EntraApplicationRegistration | undefined {
    return this.#resources.get(identifier.toLowerCase());
  }

  identity(clientId: string): ManagedIdentity | undefined {
    return this.#identities.get(clientId.toLowerCase());
  }

  user(oid: string): DemoUser | undefined {
    return this.#users.get(oid.toLowerCase());
  }
}

function byKey<T>(entries: readonly T[], keys: (entry: T) => readonly string[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const entry of entries) {
    for (const key of keys(entry)) {
      if (map.has(key.toLowerCase())) throw new Error(`the tenant has "${key}" twice`);
      map.set(key.toLowerCase(), entry);
    }
  }
  return map;
}

/** The app roles a user has on an application. */
export function appRoles(user: DemoUser, application: EntraApplicationRegistration): readonly string[] {
  return user.appRoles[application.clientId] ?? [];
}

/** Whether the application lets this user in. */
export function isAssigned(user: DemoUser, application: EntraApplicationRegistration): boolean {
  return !application.assignmentRequired || appRoles(user, application).length > 0;
}

/** The scopes of a resource that the administrator consented to for a client. */
export function consentedScopes(
  client: EntraApplicationRegistration,
  resource: EntraApplicationRegistration,
): readonly string[] {
  // An application needs no consent to its own API.
  if (client.clientId === resource.clientId) return resource.scopes.map((scope) => scope.value);
  return client.delegatedPermissions
    .filter((permission) => permission.resourceClientId === resource.clientId)
    .flatMap((permission) => permission.scopes);
}
