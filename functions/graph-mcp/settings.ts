import { z } from "zod";
import { entraSettings } from "../platform/settings.ts";

/** The app settings of this server. */
export const settingsSchema = z.object({
  ...entraSettings,
  /** In place of the cloud's own Microsoft Graph: a stand-in for it. */
  GRAPH_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Delegated scope of this application that a caller's token must hold. */
  REQUIRED_SCOPE: z.string().min(1).default("Mcp.Access"),
  /** Delegated Graph scopes asked for on the user's behalf, by their short names, separated by spaces. */
  GRAPH_SCOPES: z.string().min(1).default("User.Read"),
});

export type Settings = z.output<typeof settingsSchema>;
