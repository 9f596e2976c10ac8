#!/usr/bin/env node
import module from "node:module";

if (module.registerHooks && module.stripTypeScriptTypes) {
  // Stripping types is experimental in Node, which is no news to the person who starts a gateway.
  process.removeAllListeners("warning").on("warning", ({ name, message }) => {
    if (name !== "ExperimentalWarning") process.stderr.write(`${name}: ${message}\n`);
  });
  await import("./type-stripping.js");
  const { main } = await import("../src/command-line/main.ts");
  process.exitCode = await main(process.argv.slice(2), process.env);
} else {
  process.stderr.write(`local-gateway needs Node 22.15 or later; this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
}
