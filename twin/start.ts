import { enableCompileCache } from "node:module";
import { join } from "node:path";

// What Node compiles, it keeps for the next start. Git-ignored, as all of its folder; the apps' processes use the same.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/node-compile-cache"));
await import("./command.ts");
