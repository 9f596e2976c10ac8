import { CosmosdbSqlRoleAssignment } from "@cdktf/provider-azurerm/lib/cosmosdb-sql-role-assignment/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { SecretReference } from "../../config/backend-headers.ts";
import { REMOVED_LAST } from "../terraform/order.ts";
import { resourceIdParts } from "../terraform/resource-id.ts";
import { uuidOf } from "../terraform/uuid.ts";
import type { AppStorage } from "./app-storage.ts";
import type { Identity } from "./identity.ts";
import type { Keys } from "./keys.ts";
import type { Place } from "./place.ts";
import { ROLE_REASONS } from "./role-reasons.ts";
import type { SessionStore } from "./session-store.ts";
import type { Telemetry } from "./telemetry.ts";

/** Cosmos DB's own role, with this ID in every account. */
const COSMOS_DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002";

/**
 * @param customRoleId resource ID of the role's definition, for the role that the stack defines itself
 * @returns the assignment of one role on the list
 */
export function assignRole(
  scope: Construct,
  id: keyof typeof ROLE_REASONS,
  identity: Identity,
  at: string,
  customRoleId?: string,
): RoleAssignment {
  const { role, reason } = ROLE_REASONS[id];
  return new RoleAssignment(scope, id, {
    scope: at,
    ...(customRoleId === undefined ? { roleDefinitionName: role } : { roleDefinitionId: customRoleId }),
    principalId: identity.principalId,
    principalType: "ServicePrincipal",
    // Entra may take a while to know an identity that was just made.
    skipServicePrincipalAadCheck: true,
    description: reason,
  });
}

/** What the authorization server may do besides reading its own package. */
export class AuthorizationServerRoles extends Construct {
  /** The role in the session store. */
  readonly inSessionStore: ITerraformDependable;

  constructor(
    scope: Construct,
    place: Place,
    identity: Identity,
    { keys, store, telemetry }: { keys: Keys; store: SessionStore; telemetry: Telemetry },
  ) {
    super(scope, "roles");
    assignRole(this, "authorization_server_telemetry", identity, telemetry.insightsId);
    assignRole(this, "authorization_server_signing", identity, keys.signingKeyId, keys.userRoleId);
    assignRole(this, "authorization_server_wrapping", identity, keys.wrappingKeyId, keys.userRoleId);
    this.inSessionStore = new CosmosdbSqlRoleAssignment(this, "session_store_authorization_server", {
      resourceGroupName: place.resourceGroupName,
      accountName: store.accountName,
      roleDefinitionId: `${store.accountId}/sqlRoleDefinitions/${COSMOS_DATA_CONTRIBUTOR}`,
      principalId: identity.principalId,
      scope: store.databaseScope,
      lifecycle: REMOVED_LAST,
      dependsOn: [...store.ready],
    });
  }
}

/**
 * Lets the gateway read the keys with which it proves itself to backends; each at its own scope, and once, however many fields it is
 * sent in. They are assigned while API Management is made, because a role in a vault takes effect minutes later.
 */
export function assignSecretRoles(
  scope: Construct,
  identity: Identity,
  secrets: readonly SecretReference[],
): RoleAssignment[] {
  const ids = new Set(secrets.map(({ keyVault, secret }) => `${keyVault}/secrets/${secret}`));
  return [...ids].map((secretId) => {
    const { name } = resourceIdParts(secretId);
    const each = new Construct(scope, `backend_secret_${name}_${uuidOf(secretId).slice(0, 8)}`);
    return assignRole(each, "gateway_backend_secret", identity, secretId);
  });
}

export function assignStorageRole(
  scope: Construct,
  id: "authorization_server_storage" | "graph_mcp_storage",
  identity: Identity,
  storage: AppStorage,
): RoleAssignment {
  return assignRole(scope, id, identity, storage.accountId);
}
