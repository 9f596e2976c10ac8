import { parseGatewayConfig } from "../../config/load.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import gateway from "../../gateway.config.ts";
import type { Subject } from "../rules/rule.ts";
import { readDeploymentSettings } from "../settings/settings.ts";
import type { SettingName } from "../settings/table.ts";
import { synthesize } from "../synthesize.ts";

export type Environment = Partial<Record<SettingName, string>>;

/** A stack synthesized from settings, and from the repository's own gateway.config.ts unless another is given. */
export function subject(environment: Environment = {}, input: GatewayConfigInput = gateway): Subject {
  const config = parseGatewayConfig(input, "gateway.config.ts");
  const settings = readDeploymentSettings(environment);
  return { document: withoutTraces(() => synthesize({ config, settings })), config, settings };
}

/** CDKTF notes for every token where it was made. Nobody reads it, and with Vitest's source maps it takes most of the time. */
function withoutTraces<T>(task: () => T): T {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = () => "";
  try {
    return task();
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

const SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shared/providers";

export const EXISTING_APIM = {
  GATEWAY_APIM_ID: `${SUBSCRIPTION}/Microsoft.ApiManagement/service/shared-apim`,
  GATEWAY_APIM_IDENTITY_ID: `${SUBSCRIPTION}/Microsoft.ManagedIdentity/userAssignedIdentities/shared-apim-identity`,
};

export const REDIS_SECRET = `${SUBSCRIPTION}/Microsoft.KeyVault/vaults/shared-kv/secrets/redis`;

export const PRIVATE = {
  GATEWAY_APIM_SKU: "StandardV2_1",
  GATEWAY_PRIVATE_NETWORK: "true",
  GATEWAY_DEPLOYER_ADDRESSES: "203.0.113.4,198.51.100.0/24",
};

/** A configuration without the sample server: one existing MCP server at a URL. */
export const EXTERNAL_SERVER: GatewayConfigInput = {
  servers: [
    {
      name: "tickets",
      title: "Tickets ${not a template}",
      backend: { url: "https://tickets.example/mcp" },
      entra: { scope: "api://00000000-0000-0000-0000-00000000aaaa/Tickets.Use" },
      scopes: [{ name: "tickets.use", description: "use tickets at 100 %{also not}" }],
    },
  ],
};

const CLIENT = "0f1e2d3c-4b5a-4697-8807-162534435261";

/** A configuration whose servers take Entra tokens: the sample server, and one at a URL. */
export const ENTRA_TOKENS: GatewayConfigInput = {
  tenants: ["7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12"],
  servers: [
    ...gateway.servers.map((server) => ({
      ...server,
      entraTokens: {
        clients: [CLIENT],
        users: { "Mcp.Access": ["mcp.tools"] },
        workloads: { "Mcp.Workload": ["mcp.tools"], "Mcp.User": ["mcp.tools"] },
      },
    })),
    ...EXTERNAL_SERVER.servers.map((server) => ({
      ...server,
      entraTokens: { clients: [CLIENT], workloads: { "Tickets.Work": ["tickets.use"] } },
    })),
  ],
};

export const VAULT = `${SUBSCRIPTION}/Microsoft.KeyVault/vaults/contoso`;

/** A configuration with servers that take a key, two of them the same. */
export const SERVERS_BEHIND_KEYS: GatewayConfigInput = {
  servers: [
    {
      name: "notes",
      title: "Notes",
      backend: {
        url: "https://notes.example/runtime/webhooks/mcp",
        headers: { "x-functions-key": { keyVault: VAULT, secret: "notes-key" } },
      },
      entra: { scope: "api://00000000-0000-0000-0000-00000000aaaa/Notes.Use" },
      scopes: [{ name: "notes.use", description: "use notes" }],
    },
    {
      name: "files",
      title: "Files",
      backend: {
        url: "https://files.example/mcp",
        headers: {
          "X-Api-Key": { keyVault: VAULT, secret: "notes-key" },
          "X-Api-Tenant": { keyVault: VAULT, secret: "files-tenant" },
        },
      },
      entra: { scope: "api://00000000-0000-0000-0000-00000000bbbb/Files.Use" },
      scopes: [{ name: "files.use", description: "use files" }],
    },
  ],
};

/** A configuration for people of several tenants, with groups, in a cloud of its own. */
export const SEVERAL_TENANTS: GatewayConfigInput = {
  ...gateway,
  cloud: "usgovernment",
  tenants: ["7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12", "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23"],
  servers: gateway.servers.map((server) => ({
    ...server,
    access: { ...server.access, groups: ["94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d"] },
  })),
};

/** A configuration whose servers know nothing of Entra. */
export const WITHOUT_ENTRA: GatewayConfigInput = {
  servers: [
    {
      name: "files",
      title: "Files",
      backend: { url: "https://files.example/mcp" },
      identity: { assertion: { audience: "https://files.example/mcp", claims: ["name", "email"] } },
      scopes: [{ name: "files.read", description: "read files" }],
      access: {
        roles: ["Files.Reader", "Gateway.Operator"],
        groups: ["94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d"],
      },
      tools: { rules: [{ name: "delete_*", roles: ["Files.Admin"] }] },
    },
    {
      name: "clock",
      title: "Clock",
      backend: { url: "https://clock.example/mcp" },
      identity: "none",
      scopes: [{ name: "clock.read", description: "read the clock" }],
    },
  ],
};

/** Settings that together use every branch of the stack. */
export const VARIANTS: Readonly<Record<string, Subject>> = {
  defaults: subject(),
  "everything on, private": subject({
    ...PRIVATE,
    GATEWAY_NAME_PREFIX: "abcdefgh",
    GATEWAY_TAGS: "cost centre=42,owner=team one",
    GATEWAY_COSMOS_MAX_RU: "4000",
    GATEWAY_COSMOS_REGIONS: "northeurope,uksouth",
    GATEWAY_ASSIGNMENT_REQUIRED: "true",
    GATEWAY_ADMIN_CONSENT: "true",
    GATEWAY_PREAUTHORIZED_CLIENT_IDS: "aebc6443-996d-45c2-90f0-388ff96faa56",
    GATEWAY_DEPLOYER_IDS: "aaaaaaaa-0000-4000-8000-000000000001",
    GATEWAY_ALERT_EMAIL: "operators@example.com",
    RS_RESOURCE_GROUP: "state",
    RS_STORAGE_ACCOUNT: "statestore",
    RS_CONTAINER_NAME: "tfstate",
  }),
  Consumption: subject({ GATEWAY_APIM_SKU: "Consumption_0", GATEWAY_REDIS_SECRET_ID: REDIS_SECRET }),
  "an existing instance": subject({ ...EXISTING_APIM, GATEWAY_ORIGIN: "https://mcp.example.com" }),
  "no sample server": subject(
    { GATEWAY_SAMPLE_SERVER: "false", GATEWAY_ADMIN_CONSENT: "true" },
    EXTERNAL_SERVER,
  ),
  "servers without Entra": subject(
    { GATEWAY_SAMPLE_SERVER: "false", GATEWAY_ADMIN_CONSENT: "true" },
    WITHOUT_ENTRA,
  ),
  "keys for backends": subject({ GATEWAY_SAMPLE_SERVER: "false" }, SERVERS_BEHIND_KEYS),
  "keys for backends, in Azure Government and at an existing instance": subject(
    { ...EXISTING_APIM, GATEWAY_SAMPLE_SERVER: "false" },
    { ...SERVERS_BEHIND_KEYS, cloud: "usgovernment" },
  ),
  "keys for backends in a private network": subject(
    { ...PRIVATE, GATEWAY_SAMPLE_SERVER: "false" },
    SERVERS_BEHIND_KEYS,
  ),
  "Azure Government, several tenants and groups": subject(PRIVATE, SEVERAL_TENANTS),
  "Entra tokens of several tenants taken directly": subject({}, ENTRA_TOKENS),
};
