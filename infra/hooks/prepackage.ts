import { buildApps } from "../../functions/build.ts";

/**
 * Bundles the apps into the folders that azd packs. Needs nothing from provisioning, which may run at the same time.
 * It comes before a deployment too, since `azd deploy` packs without the hooks of `azd package`.
 */
await buildApps();
