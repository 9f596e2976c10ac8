/** The paths of this app. */
export const routes = { health: "/health", mcp: "/mcp" } as const;
