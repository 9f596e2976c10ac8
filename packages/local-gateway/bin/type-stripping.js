// Node runs TypeScript directly, but not below node_modules. There this package strips the types of its own files.
import { readFileSync } from "node:fs";
import module from "node:module";

const sources = new URL("../src/", import.meta.url).href;

if (sources.includes("/node_modules/")) {
  module.registerHooks({
    load(url, context, next) {
      if (!url.startsWith(sources) || !url.endsWith(".ts")) return next(url, context);
      const source = module.stripTypeScriptTypes(readFileSync(new URL(url), "utf8"));
      return { format: "module", shortCircuit: true, source };
    },
  });
}
