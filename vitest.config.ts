import { accessSync, constants } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import LongestFirst from "./test/support/longest-first.ts";

const exclude = [...configDefaults.exclude, "dist/**", ".twin/**", ".stryker/**"];

// Terraform is no npm package. Whoever works on infra/ has it; whoever only runs the gateway need not.
if (!isOnPath("terraform")) {
  process.stderr.write("Terraform is not on the PATH: the tests in *.terraform.test.ts are left out.\n");
  exclude.push("**/*.terraform.test.ts");
}

// FastMCP is a Python package; examples/fastmcp-server/README.md says how to have it.
if (!isOnPath("fastmcp")) {
  process.stderr.write("FastMCP is not on the PATH: the tests in *.fastmcp.test.ts are left out.\n");
  exclude.push("**/*.fastmcp.test.ts");
}

/** Azure's own libraries keep an identity's endpoint for their whole process, so each of these files needs one. */
const inProcessOfTheirOwn = [
  "functions/authorization-server/upstream/entra*.test.ts",
  "functions/graph-mcp/mcp-endpoint.test.ts",
  "twin/entra/*.test.ts",
  "twin/key-vault/*.test.ts",
  "test/entra/*.test.ts",
  "test/keys/*.test.ts",
];

// For every Node process of the tests; with dozens of them, compiling is a good part of the whole.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/node-compile-cache");

export default defineConfig({
  test: {
    globalSetup: "test/support/build.ts",
    // They only end a test that hangs; a machine that does much else besides must stay below them.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Tests wait for time-outs, pages and processes: two workers more than there are cores keep all of them busy.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          isolate: false,
          include: ["**/*.test.ts"],
          exclude: [...exclude, ...inProcessOfTheirOwn],
        },
      },
      { extends: true, test: { name: "alone", include: inProcessOfTheirOwn, exclude } },
    ],
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
