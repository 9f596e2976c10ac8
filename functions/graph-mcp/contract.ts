/** All that infra/, twin/ and doctor/ import of this app. */

export { graphPermissions } from "./graph-permissions.ts";
export type { settingsSchema } from "./settings.ts";

/** The paths of this app. */
export const routes = { health: "/health", mcp: "/mcp" } as const;
