import * as z from "zod";
import { entraId } from "../../config/rules/entra-id.ts";
import { entraSettings } from "../platform/settings.ts";
import { graphPermissions } from "./graph-permissions.ts";

const list = z
  .string()
  .default("")
  .transform((text) => text.split(" ").filter(Boolean));

/** The app settings of this server. */
export const settingsSchema = z.object({
  ...entraSettings,
  /** In place of the cloud's own Microsoft Graph: a stand-in for it. */
  GRAPH_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Delegated scope of this application that a caller's token must hold. */
  REQUIRED_SCOPE: z.string().min(1).default("Mcp.Access"),
  /** Application ID of the gateway's sign-in application, whose users' tokens this server takes. */
  GATEWAY_CLIENT_ID: entraId,
  /** Other applications whose tokens it takes, by their IDs, separated by blanks. */
  FURTHER_CLIENT_IDS: list.pipe(z.array(entraId)),
  /** A person needs one of these app roles or one of the groups; with neither set, any person is served. Separated by blanks. */
  ALLOWED_ROLES: list,
  /** Object IDs of Entra groups, separated by blanks. */
  ALLOWED_GROUPS: list.pipe(z.array(entraId)),
  /** An application's own token needs one of these app roles; with none set, only people's tokens are taken. Separated by blanks. */
  WORKLOAD_ROLES: list,
  /** Every scope that the gateway may grant for this server, separated by blanks; a tool that needs another is not offered. */
  GATEWAY_SCOPES: list,
  /** Delegated Graph scopes asked for on the user's behalf, by their short names, separated by spaces. */
  GRAPH_SCOPES: z.string().min(1).default(graphPermissions.join(" ")),
});
