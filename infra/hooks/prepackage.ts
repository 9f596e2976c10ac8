import { buildApps } from "../../functions/build.ts";

/** Bundles one app for azd to pack. Needs nothing from provisioning, which may run at the same time. */
const app = process.argv[2];
if (!app) throw new Error("prepackage needs the name of an app");
await buildApps({ apps: [app] });
