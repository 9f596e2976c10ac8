/** The delegated permissions at Microsoft Graph that the tools need, by their values. */
export const graphPermissions = ["User.Read"] as const;
