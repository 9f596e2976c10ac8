import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const exclude = [...configDefaults.exclude, "dist/**", ".twin/**"];

// Terraform is no npm package. Whoever works on infra/ has it; whoever only runs the gateway need not.
if (!isOnPath("terraform")) {
  process.stderr.write("Terraform is not on the PATH: the tests in *.terraform.test.ts are left out.\n");
  exclude.push("**/*.terraform.test.ts");
}

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude,
    globalSetup: "test/support/build.ts",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) =>
    ["", ".exe"].some((ending) => {
      try {
        accessSync(join(folder, program + ending), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}
