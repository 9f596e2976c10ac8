import { buildApps } from "../../functions/build.ts";

/** Builds the bundles once, before any test file runs; each twin then starts from what ships. */
export default async function setup(): Promise<void> {
  await buildApps({ onlyWhatChanged: true });
}
