import { defineConfig } from "vitest/config";

/** The package's tests alone (`npm test -w packages/local-gateway`); those of the repository run them as well. */
export default defineConfig({ test: { isolate: false, testTimeout: 30_000, hookTimeout: 60_000 } });
