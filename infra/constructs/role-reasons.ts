/** A custom role, because Azure's "Key Vault Crypto User" also allows backup, update and decryption. */
export const KEY_USER_ROLE = "MCP gateway key user";

/** Everything that the custom role allows, by Azure's names of the data actions. */
export const KEY_USER_DATA_ACTIONS = [
  "Microsoft.KeyVault/vaults/keys/read",
  "Microsoft.KeyVault/vaults/keys/sign/action",
  "Microsoft.KeyVault/vaults/keys/verify/action",
  "Microsoft.KeyVault/vaults/keys/wrap/action",
  "Microsoft.KeyVault/vaults/keys/unwrap/action",
] as const;

/** Every role that an identity of this deployment may have, with the reason. A rule holds the stack to this list. */
export const ROLE_REASONS = {
  authorization_server_storage: {
    role: "Storage Blob Data Owner",
    reason: "The Functions host reads the app's package and keeps its leases in the app's own account",
  },
  authorization_server_telemetry: {
    role: "Monitoring Metrics Publisher",
    reason: "The app sends logs and traces, which are taken from identities alone",
  },
  authorization_server_signing: {
    role: KEY_USER_ROLE,
    reason: "The app signs access tokens and publishes the key's public versions; this key and no other",
  },
  authorization_server_wrapping: {
    role: KEY_USER_ROLE,
    reason: "The app wraps and unwraps the sessions' data keys; this key and no other",
  },
  graph_mcp_storage: {
    role: "Storage Blob Data Owner",
    reason: "The Functions host reads the app's package and keeps its leases in the app's own account",
  },
  graph_mcp_telemetry: {
    role: "Monitoring Metrics Publisher",
    reason: "The app sends logs and traces, which are taken from identities alone",
  },
  gateway_backend_secret: {
    role: "Key Vault Secrets User",
    reason: "API Management reads the key that it proves itself to a backend with; this secret and no other",
  },
  gateway_telemetry: {
    role: "Monitoring Metrics Publisher",
    reason: "API Management sends request logs, which are taken from identities alone",
  },
} as const;

/** Made elsewhere, beside what they are for; still on the list. */
export const OTHER_ROLE_REASONS = {
  keys_deployer: {
    role: "Key Vault Crypto Officer",
    reason: "Whoever deploys makes the keys and sets how they rotate",
  },
  session_store_authorization_server: {
    role: "Cosmos DB Built-in Data Contributor",
    reason: "The app reads and writes clients and sessions; in its own database and no other",
  },
} as const;
