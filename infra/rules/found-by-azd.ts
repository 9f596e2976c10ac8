import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at, type Rule, resources } from "./rule.ts";

const AZURE_YAML = join(import.meta.dirname, "../../azure.yaml");

/** azd finds an app by its tag, and whatever it deployed by the environment's. */
export const foundByAzd: Rule = {
  name: "every app tagged with a service of azure.yaml",
  check: ({ document, settings }) => {
    const services = [
      ...readFileSync(AZURE_YAML, "utf8").matchAll(/^ {2}([a-z-]+):\n(?: {4}condition: .*\n)? {4}project:/gm),
    ].map(([, name]) => name);
    const tagged = resources(document, "azurerm_function_app_flex_consumption").map(({ block }) =>
      String(at(block, "tags", "azd-service-name")),
    );
    const expected = settings.sampleServer ? services : services.filter((name) => name !== "graph-mcp");
    return [
      ...expected.filter((name) => name && !tagged.includes(name)).map((name) => `no app is tagged ${name}`),
      ...tagged.filter((name) => !services.includes(name)).map((name) => `azure.yaml has no service ${name}`),
      ...resources(document)
        .filter(({ block }) => block["tags"] !== undefined && at(block, "tags", "azd-env-name") === undefined)
        .map(({ address }) => `${address} has no azd-env-name`),
    ];
  },
};
