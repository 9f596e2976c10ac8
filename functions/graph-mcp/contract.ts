/** All that infra/, twin/ and doctor/ import of this app. */

export { routes } from "./routes.ts";
export type { settingsSchema } from "./settings.ts";
