import { z } from "zod";
import { entraSettings } from "../platform/settings.ts";

/** The app settings of this server. */
export const settingsSchema = z.object({
  ...entraSettings,
  /** Microsoft Graph's origin; a national cloud has its own. */
  GRAPH_URL: z.url({ protocol: /^https?$/ }).default("https://graph.microsoft.com"),
  /** Delegated scope of this application that a caller's token must hold. */
  REQUIRED_SCOPE: z.string().min(1).default("Mcp.Access"),
  /** Delegated Graph scopes asked for on the user's behalf, whole, separated by spaces. */
  GRAPH_SCOPES: z.string().min(1).default("https://graph.microsoft.com/User.Read"),
});

export type Settings = z.output<typeof settingsSchema>;
