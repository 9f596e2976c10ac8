// Loads a Functions app as the worker does and prints the CPU milliseconds that its process has taken. Plain JavaScript, because
// Node's handling of types would count, too.
import Module from "node:module";
import { pathToFileURL } from "node:url";

const disposable = { dispose() {} };
const core = {
  version: "3.12.0",
  hostVersion: "4.1041.0",
  log() {},
  registerHook: () => disposable,
  registerFunction: () => disposable,
  setProgrammingModel: (model) => {
    core.model = model;
  },
  getProgrammingModel: () => core.model,
  Disposable: { from: () => disposable },
};
const require = Module.prototype.require;
Module.prototype.require = function (id) {
  return id === "@azure/functions-core" ? core : require.call(this, id);
};

await import(pathToFileURL(process.argv[2]).href);
const { user, system } = process.cpuUsage();
process.stdout.write(String((user + system) / 1000), () => process.exit());
