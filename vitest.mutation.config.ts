import { defineConfig } from "vitest/config";

/** Stryker's tests (`npm run mutation`): the authorization server's unit tests, in one process, without a build. */
export default defineConfig({
  test: {
    include: [
      "functions/authorization-server/{oauth,sessions,clients,pages}/**/*.test.ts",
      "functions/platform/set-cookie*.test.ts",
    ],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
