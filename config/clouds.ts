/** What differs from one of Azure's clouds to another, as far as this gateway needs it. */
export interface Cloud {
  /** Microsoft Entra ID's sign-in host; no slash at the end. */
  readonly authorityHost: string;
  /** Issuer of its version 1.0 tokens, in front of the tenant's ID; no slash at the end. */
  readonly issuerV1Host: string;
  /** Audience of a managed identity's token that serves as a client assertion. */
  readonly tokenExchangeAudience: string;
  /** Microsoft Graph's origin, and the front of its scopes. */
  readonly graph: string;
  /** Audience of tokens for Key Vault. */
  readonly keyVault: string;
  /** Azure Resource Manager. */
  readonly resourceManager: string;
  readonly portal: string;
  /** What follows the name of an API Management instance in its host name. */
  readonly gatewaySuffix: string;
  /** Zones in which private endpoints are found. */
  readonly privateZones: Readonly<Record<"cosmos" | "keyVault" | "blob", string>>;
}

/**
 * Azure's clouds, by the names that the azurerm and azuread providers give them (`environment`). This table alone knows
 * their addresses. Where they stand:
 * - authorityHost, portal: learn.microsoft.com, "Microsoft Entra authentication & national clouds"
 * - issuerV1Host: "Access token claims reference"; for the national clouds, the issuers that Microsoft's own libraries accept
 * - tokenExchangeAudience: "Configure an application to trust a managed identity"
 * - graph: "Microsoft Graph national cloud deployments"
 * - keyVault, resourceManager, gatewaySuffix: "Compare Azure Government and global Azure" and
 *   "Azure China developer guide", as the azurerm provider has them
 * - privateZones: "Azure Private Endpoint private DNS zone values"
 *
 * Cosmos DB's and the vault's own addresses come from the resources, and their client libraries take the audience from those.
 */
export const clouds = {
  public: {
    authorityHost: "https://login.microsoftonline.com",
    issuerV1Host: "https://sts.windows.net",
    tokenExchangeAudience: "api://AzureADTokenExchange",
    graph: "https://graph.microsoft.com",
    keyVault: "https://vault.azure.net",
    resourceManager: "https://management.azure.com",
    portal: "https://portal.azure.com",
    gatewaySuffix: "azure-api.net",
    privateZones: {
      cosmos: "privatelink.documents.azure.com",
      keyVault: "privatelink.vaultcore.azure.net",
      blob: "privatelink.blob.core.windows.net",
    },
  },
  usgovernment: {
    authorityHost: "https://login.microsoftonline.us",
    issuerV1Host: "https://sts.windows.net",
    tokenExchangeAudience: "api://AzureADTokenExchangeUSGov",
    graph: "https://graph.microsoft.us",
    keyVault: "https://vault.usgovcloudapi.net",
    resourceManager: "https://management.usgovcloudapi.net",
    portal: "https://portal.azure.us",
    gatewaySuffix: "azure-api.us",
    privateZones: {
      cosmos: "privatelink.documents.azure.us",
      keyVault: "privatelink.vaultcore.usgovcloudapi.net",
      blob: "privatelink.blob.core.usgovcloudapi.net",
    },
  },
  china: {
    authorityHost: "https://login.partner.microsoftonline.cn",
    issuerV1Host: "https://sts.chinacloudapi.cn",
    tokenExchangeAudience: "api://AzureADTokenExchangeChina",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    keyVault: "https://vault.azure.cn",
    resourceManager: "https://management.chinacloudapi.cn",
    portal: "https://portal.azure.cn",
    gatewaySuffix: "azure-api.cn",
    privateZones: {
      cosmos: "privatelink.documents.azure.cn",
      keyVault: "privatelink.vaultcore.azure.cn",
      blob: "privatelink.blob.core.chinacloudapi.cn",
    },
  },
} as const satisfies Readonly<Record<string, Cloud>>;

export type CloudName = keyof typeof clouds;

export const cloudNames = Object.keys(clouds) as readonly CloudName[] as readonly [CloudName, ...CloudName[]];
