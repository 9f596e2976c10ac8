import { GUID } from "../../config/rules/entra-id.ts";

/** How a setting's text is read. */
export type SettingKind = "text" | "flag" | "list" | "number" | "tags";

export interface SettingRow {
  readonly kind: SettingKind;
  /** As text, the way `azd env set` stores it; "" stands for nothing. */
  readonly default: string;
  /** What it changes, for whoever sets it. */
  readonly meaning: string;
  /** What is allowed, in words; `pattern`, `least` and `most` say the same to the program. */
  readonly bounds: string;
  /** Each non-empty value (each entry of a list) matches it. */
  readonly pattern?: RegExp;
  /** Smallest and largest of a number other than 0, which means "off". */
  readonly least?: number;
  readonly most?: number;
}

const UUID = new RegExp(`^${GUID}$`);

/**
 * Every setting of a deployment. `azd env set <name> <value>` sets one, `azd provision` applies it. The table in
 * SETTINGS.md is written from here.
 */
export const settingsTable = {
  GATEWAY_PUBLISHER_EMAIL: {
    kind: "text",
    default: "",
    meaning:
      "Whom Azure writes to about the API Management instance. `azd up` asks for it when it is not set.",
    bounds: "a mail address; needed",
    pattern: /^[^\s@]+@[^\s@]+$/,
  },
  GATEWAY_PUBLISHER_NAME: {
    kind: "text",
    default: "MCP gateway",
    meaning: "Publisher of the API Management instance.",
    bounds: "1 to 100 characters",
    pattern: /^.{1,100}$/,
  },
  GATEWAY_NAME_PREFIX: {
    kind: "text",
    default: "mcpgw",
    meaning:
      "How the names of all resources begin. Changing it later makes new resources in place of the old ones.",
    bounds: "2 to 8 of a-z and 0-9, a letter first",
    pattern: /^[a-z][a-z0-9]{1,7}$/,
  },
  GATEWAY_TAGS: {
    kind: "tags",
    default: "",
    meaning: "Tags for every resource besides azd's own.",
    bounds: "`name=value` pairs, separated by commas",
    pattern: /^[^=,<>%&\\?/]{1,128}=[^,]{0,256}$/,
  },
  GATEWAY_SAMPLE_SERVER: {
    kind: "flag",
    default: "true",
    meaning:
      "Deploys the sample MCP server (Microsoft Graph). `gateway.config.ts` must not name it when this is off.",
    bounds: "`true` or `false`",
  },
  GATEWAY_APIM_SKU: {
    kind: "text",
    default: "BasicV2_1",
    meaning:
      "Tier and units of API Management. Consumption has no rate limits by key, no built-in cache and no streaming: " +
      "the rate limits are left out of its policies, an external cache is needed, and answers arrive whole. " +
      "Azure changes no instance from or to Consumption later.",
    bounds: "`BasicV2_1` to `BasicV2_10`, `StandardV2_1` to `StandardV2_10`, or `Consumption_0`",
    pattern: /^((Basic|Standard)V2_([1-9]|10)|Consumption_0)$/,
  },
  GATEWAY_APIM_ID: {
    kind: "text",
    default: "",
    meaning: "Resource ID of an API Management instance that exists already; the stack then makes none.",
    bounds:
      "`/subscriptions/…/providers/Microsoft.ApiManagement/service/…`, in the deployment's subscription",
    pattern:
      /^\/subscriptions\/[0-9a-f-]{36}\/resource[Gg]roups\/[^/]+\/providers\/Microsoft\.ApiManagement\/service\/[0-9A-Za-z-]{1,50}$/,
  },
  GATEWAY_APIM_IDENTITY_ID: {
    kind: "text",
    default: "",
    meaning:
      "Resource ID of a user-assigned identity of that existing instance; it is what the apps trust as the gateway.",
    bounds:
      "`/subscriptions/…/userAssignedIdentities/…`, in the deployment's subscription; needed with `GATEWAY_APIM_ID`",
    pattern:
      /^\/subscriptions\/[0-9a-f-]{36}\/resource[Gg]roups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/,
  },
  GATEWAY_ORIGIN: {
    kind: "text",
    default: "",
    meaning:
      "The gateway's own domain, where one is configured at API Management. Everything is published under it.",
    bounds: "`https://` and a host, without a path; Azure's own name unless set",
    pattern: /^https:\/\/[a-z0-9.-]+$/,
  },
  GATEWAY_REDIS_SECRET_ID: {
    kind: "text",
    default: "",
    meaning:
      "Key Vault secret with the connection string of a Redis cache, for API Management to use instead of its own. " +
      "API Management offers no other way to sign in to it, and the value stands in the Terraform state.",
    bounds: "`/subscriptions/…/providers/Microsoft.KeyVault/vaults/…/secrets/…`",
    pattern:
      /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/Microsoft\.KeyVault\/vaults\/[^/]+\/secrets\/[^/]+$/,
  },
  GATEWAY_PRIVATE_NETWORK: {
    kind: "flag",
    default: "false",
    meaning: "Closes Cosmos DB, Key Vault and storage to the internet and reaches them by private endpoints.",
    bounds: "`true` or `false`; needs `StandardV2` or an existing instance",
  },
  GATEWAY_DEPLOYER_ADDRESSES: {
    kind: "list",
    default: "",
    meaning:
      "Public addresses that may still reach Key Vault when the network is private: the machine that deploys makes the keys.",
    bounds: "IPv4 addresses or ranges, separated by commas; needed with `GATEWAY_PRIVATE_NETWORK`",
    pattern: /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/,
  },
  GATEWAY_DEPLOYER_IDS: {
    kind: "list",
    default: "",
    meaning:
      "Object IDs of everyone who deploys, such as you and the pipeline's identity. Reading the keys in Key Vault takes " +
      "a role, so name somebody new here and provision once before they do. They own the applications' service principals. " +
      "With an ID that the tenant does not have, provisioning stops after ten minutes.",
    bounds: "object IDs, separated by commas; whoever deploys unless set",
    pattern: UUID,
  },
  GATEWAY_COSMOS_MAX_RU: {
    kind: "number",
    default: "0",
    meaning:
      "Highest throughput of Cosmos DB, scaled automatically from a tenth of it. 0 is serverless. A later change from or to 0 makes another " +
      "account, which is empty, and deletes this one: every session and client registration is lost (docs/deploy.md).",
    bounds: "0, or 1000 to 1000000 in steps of 1000",
    least: 1000,
    most: 1_000_000,
  },
  GATEWAY_COSMOS_REGIONS: {
    kind: "list",
    default: "",
    meaning: "More regions for Cosmos DB, in the order in which they take over.",
    bounds: "names of Azure regions, separated by commas; needs `GATEWAY_COSMOS_MAX_RU`",
    pattern: /^[a-z][a-z0-9]{2,30}$/,
  },
  GATEWAY_ASSIGNMENT_REQUIRED: {
    kind: "flag",
    default: "false",
    meaning: "Only people assigned to the sign-in application may sign in.",
    bounds: "`true` or `false`",
  },
  GATEWAY_ADMIN_CONSENT: {
    kind: "flag",
    default: "false",
    meaning:
      "Grants the applications' delegated permissions for the whole tenant, and pre-authorizes the gateway at the sample server. " +
      "Whoever deploys must be a Global Administrator.",
    bounds: "`true` or `false`",
  },
  GATEWAY_PREAUTHORIZED_CLIENT_IDS: {
    kind: "list",
    default: "",
    meaning:
      "Entra applications that may use the sample server besides the gateway, without a consent prompt.",
    bounds: "application IDs, separated by commas",
    pattern: UUID,
  },
  GATEWAY_ALERT_EMAIL: {
    kind: "text",
    default: "",
    meaning: "Who gets the alerts by mail. Without it they show in the portal only.",
    bounds: "a mail address",
    pattern: /^[^\s@]+@[^\s@]+$/,
  },
  RS_RESOURCE_GROUP: {
    kind: "text",
    default: "",
    meaning:
      "Resource group of the storage account that holds the Terraform state. Without it the state is a local file.",
    bounds: "with both of the following, or none",
    pattern: /^[-\w.()]{1,90}$/,
  },
  RS_STORAGE_ACCOUNT: {
    kind: "text",
    default: "",
    meaning: "That storage account.",
    bounds: "3 to 24 of a-z and 0-9",
    pattern: /^[a-z0-9]{3,24}$/,
  },
  RS_CONTAINER_NAME: {
    kind: "text",
    default: "",
    meaning: "The blob container in it.",
    bounds: "3 to 63 of a-z, 0-9 and -",
    pattern: /^[a-z0-9][a-z0-9-]{2,62}$/,
  },
} as const satisfies Record<string, SettingRow>;

export type SettingName = keyof typeof settingsTable;
