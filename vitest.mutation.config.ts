import { configDefaults, defineConfig } from "vitest/config";

/** The tests that mutants are held against (`npm run mutation`): the authorization server's own, without a twin or a build. */
export default defineConfig({
  test: {
    include: [
      "config/rules/*.test.ts",
      "functions/authorization-server/{clients,crypto,oauth,pages,sessions}/**/*.test.ts",
      "functions/platform/http/set-cookie*.test.ts",
    ],
    // Seconds for each mutant, and each would have to be found by the tests of one rule as well.
    exclude: [
      ...configDefaults.exclude,
      "**/endpoints-*.property.test.ts",
      // Checks types, which mutants here do without.
      "**/languages.test.ts",
      "**/refresh-family.property.test.ts",
      "**/replayable-answer.property.test.ts",
    ],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
