import type { z } from "zod";
import type { settingsSchema as authorizationServerSchema } from "../functions/authorization-server/contract.ts";
import type { settingsSchema as graphMcpSchema } from "../functions/graph-mcp/contract.ts";

/** For the local twin alone: a stand-in for Entra, an emulator's key and address, and keys in a folder. */
type OfTheTwin = "ENTRA_AUTHORITY_HOST" | "COSMOS_KEY" | "COSMOS_ENDPOINT_DISCOVERY" | "KEY_FOLDER";

/**
 * What the stack sets for the authorization server: the app's own settings, so that one which is missing, misspelt or
 * new does not compile. In Azure its keys are in a vault.
 */
export type AuthorizationServerSettings = Readonly<
  Omit<z.input<typeof authorizationServerSchema>, OfTheTwin | "KEY_VAULT_URL"> & { KEY_VAULT_URL: string }
>;

/** What the stack sets for the sample MCP server. */
export type GraphMcpSettings = Readonly<
  Omit<z.input<typeof graphMcpSchema>, "ENTRA_AUTHORITY_HOST" | "GRAPH_URL">
>;
