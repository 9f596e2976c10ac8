// Starts a hook with the Node that this project pins, whatever Node and whichever shell called.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const windows = process.platform === "win32";
// Node 20.10 and older have no import.meta.dirname.
const repository = fileURLToPath(new URL("../..", import.meta.url));
const node = join(repository, "node_modules/node/bin", windows ? "node.exe" : "node");

/** Ends this process when the other one fails. */
function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

const [hook = "", ...args] = process.argv.slice(2);
const program = join(repository, "infra/hooks", `${hook}.ts`);
if (!/^[a-z]+$/.test(hook) || !existsSync(program)) {
  process.stderr.write(`There is no hook "${hook}"\n`);
  process.exit(1);
}
// npm is a script on Windows, which only a shell starts.
if (!existsSync(node)) run("npm", ["ci"], { cwd: repository, shell: windows });
run(node, [program, ...args], { cwd: repository });
