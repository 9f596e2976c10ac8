import { KeyVault } from "@cdktf/provider-azurerm/lib/key-vault/index.js";
import { KeyVaultKey } from "@cdktf/provider-azurerm/lib/key-vault-key/index.js";
import { MonitorDiagnosticSetting } from "@cdktf/provider-azurerm/lib/monitor-diagnostic-setting/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import { RoleDefinition } from "@cdktf/provider-azurerm/lib/role-definition/index.js";
import { type ITerraformDependable, TerraformIterator } from "cdktf";
import { Construct } from "constructs";
import { SIGNING_KEY, WRAPPING_KEY } from "../../functions/authorization-server/contract.ts";
import type { Deployers } from "./entra-application.ts";
import type { Place } from "./place.ts";
import { KEY_USER_DATA_ACTIONS, KEY_USER_ROLE, OTHER_ROLE_REASONS } from "./role-reasons.ts";

/**
 * When a policy rotates a key, the new version gets an expiry that no configuration names. The provider would take
 * that for a removed `expiration_date` and replace the key, so the attribute is left alone.
 */
const ROTATED_BY_AZURE = ["expiration_date", "not_before_date"];

/**
 * Azure gives the same answer for a wrong object ID and for a new one that it does not know yet, so the
 * provider retries until this time is over. A new identity is known within a minute or two.
 */
const DEPLOYER_TIMEOUT = "10m";

export interface KeysOptions {
  readonly workspaceId: string;
  /** Addresses let in when the network is private; undefined leaves the vault's endpoint public. */
  readonly allowedAddresses: readonly string[] | undefined;
  readonly deployers: Deployers;
  /**
   * What takes minutes to make. The keys wait for it, because a role in a vault takes effect minutes after
   * it is assigned and creating a key before that fails. The vault itself takes as long as a store, so one thing alone is too short.
   */
  readonly after: readonly ITerraformDependable[];
}

/** Key Vault with the key that signs access tokens and the one that wraps the sessions' data keys. */
export class Keys extends Construct {
  readonly vaultId: string;
  readonly vaultUrl: string;
  /** Resource IDs without a version, to assign roles at. */
  readonly signingKeyId: string;
  readonly wrappingKeyId: string;
  /** Resource ID of the role that uses a key, and changes none. */
  readonly userRoleId: string;

  constructor(scope: Construct, place: Place, options: KeysOptions) {
    super(scope, "keys");
    const vault = new KeyVault(this, "vault", {
      name: place.name("kv"),
      resourceGroupName: place.resourceGroupName,
      location: place.location,
      tenantId: place.tenantId,
      skuName: "standard",
      rbacAuthorizationEnabled: true,
      purgeProtectionEnabled: true,
      softDeleteRetentionDays: 90,
      publicNetworkAccessEnabled: true,
      ...(options.allowedAddresses
        ? { networkAcls: { defaultAction: "Deny", bypass: "None", ipRules: [...options.allowedAddresses] } }
        : {}),
      tags: { ...place.tags },
    });
    new MonitorDiagnosticSetting(this, "audit", {
      name: "audit",
      targetResourceId: vault.id,
      logAnalyticsWorkspaceId: options.workspaceId,
      enabledLog: [{ category: "AuditEvent" }],
    });
    const deployers = assignDeployers(this, vault.id, options.deployers);
    const dependsOn = [deployers, ...options.after];

    const signing = new KeyVaultKey(this, "signing", {
      name: SIGNING_KEY,
      keyVaultId: vault.id,
      keyType: "RSA",
      keySize: 3072,
      keyOpts: ["sign", "verify"],
      rotationPolicy: {
        automatic: { timeAfterCreation: "P90D" },
        expireAfter: "P1Y",
        notifyBeforeExpiry: "P30D",
      },
      lifecycle: { ignoreChanges: ROTATED_BY_AZURE },
      dependsOn,
    });
    const wrapping = new KeyVaultKey(this, "wrapping", {
      name: WRAPPING_KEY,
      keyVaultId: vault.id,
      keyType: "RSA",
      keySize: 3072,
      keyOpts: ["wrapKey", "unwrapKey"],
      rotationPolicy: {
        automatic: { timeAfterCreation: "P1Y" },
        expireAfter: "P2Y",
        notifyBeforeExpiry: "P30D",
      },
      lifecycle: { ignoreChanges: ROTATED_BY_AZURE },
      dependsOn,
    });
    this.vaultId = vault.id;
    this.vaultUrl = vault.vaultUri;
    this.signingKeyId = signing.resourceVersionlessId;
    this.wrappingKeyId = wrapping.resourceVersionlessId;
    this.userRoleId = defineUserRole(this, place).roleDefinitionResourceId;
  }
}

/** The name of a custom role must be unique in the tenant, so it contains the vault's name. */
function defineUserRole(scope: Construct, { name, resourceGroupId }: Place): RoleDefinition {
  return new RoleDefinition(scope, "role", {
    name: `${KEY_USER_ROLE} (${name("kv")})`,
    description: "The MCP gateway's authorization server signs, verifies, wraps, unwraps and reads keys",
    scope: resourceGroupId,
    assignableScopes: [resourceGroupId],
    permissions: [{ actions: [], dataActions: [...KEY_USER_DATA_ACTIONS] }],
  });
}

/**
 * Each deployer's role stands in the state by the deployer's object ID, so that the role of whoever made the vault stays when
 * deployers are listed later: Azure refuses the same role a second time, and the first would be gone before or after.
 */
function assignDeployers(scope: Construct, vaultId: string, { objectIds }: Deployers): RoleAssignment {
  const { role, reason } = OTHER_ROLE_REASONS.keys_deployer;
  const deployers = TerraformIterator.fromList([...objectIds]);
  return new RoleAssignment(scope, "deployer", {
    forEach: deployers,
    scope: vaultId,
    roleDefinitionName: role,
    principalId: deployers.value,
    description: reason,
    timeouts: { create: DEPLOYER_TIMEOUT },
  });
}
