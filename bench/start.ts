/** Installs what the bench alone needs, where it is missing, and runs it. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const PEERS = ["oidc-provider", "@cloudflare/workers-oauth-provider"];

if (!PEERS.every((name) => existsSync(join(import.meta.dirname, "node_modules", name)))) {
  execFileSync("npm", ["ci", "--prefix", import.meta.dirname, "--workspaces=false"], { stdio: "inherit" });
}
await import("./main.ts");
