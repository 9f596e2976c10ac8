import type { TerraformBlock, TerraformDocument } from "../synthesize.ts";

/** Where no provider can be had: `terraform_data`, which is built into Terraform, in place of each resource. */

const REFERENCE = /\b(data\.)?((?:azurerm|azuread)_\w+)\.([\w-]+)\.(\w+)/g;
const WHOLE_REFERENCE = /^(data\.)?((?:azurerm|azuread)_\w+)\.([\w-]+)$/;

/** What some attributes look like, where an expression or a check looks at them. */
const LOOKS: Readonly<Record<string, string>> = {
  gateway_url: "https://shared-apim.azure-api.net",
  sku_name: "StandardV2_1",
};

/**
 * @returns the same variables, locals, outputs, expressions and dependencies, on resources that Terraform makes by
 *   itself: a resource's configuration is its `output`, with a made-up value for each attribute that only Azure knows
 */
export function withoutProviders(document: TerraformDocument): Record<string, unknown> {
  const wanted = referencedAttributes(document);
  const data: Record<string, TerraformBlock> = {};
  const add = (prefix: string, blocks: TerraformDocument["resource"]) => {
    for (const [type, named] of Object.entries(blocks)) {
      for (const [name, { lifecycle, depends_on, for_each, ...own }] of Object.entries(named)) {
        const address = `${prefix}${type}.${name}`;
        const known = Object.fromEntries(
          [...(wanted.get(address) ?? [])].map((attribute) => [
            attribute,
            LOOKS[attribute] ?? `<${address}.${attribute}>`,
          ]),
        );
        const conditions = (lifecycle as TerraformBlock | undefined)?.["precondition"];
        data[standInName(address)] = {
          input: { ...known, ...own },
          // What it is made for may be known only by a data source, which Terraform reads before it plans, and a stand-in is not.
          ...(for_each ? { for_each: '${toset(["each"])}' } : {}),
          ...(conditions ? { lifecycle: { precondition: conditions } } : {}),
          ...(Array.isArray(depends_on)
            ? { depends_on: depends_on.map((other) => `terraform_data.${standInName(String(other))}`) }
            : {}),
        };
      }
    }
  };
  add("", document.resource);
  add("data.", document.data ?? {});
  return rewritten({
    variable: document.variable,
    locals: document.locals,
    output: document.output,
    resource: { terraform_data: data },
  }) as Record<string, unknown>;
}

/** @returns the name of what stands for a resource, "azurerm_key_vault.keys_vault" for one */
export function standInName(address: string): string {
  return address.replaceAll(".", "__");
}

function referencedAttributes(
  value: unknown,
  found = new Map<string, Set<string>>(),
): Map<string, Set<string>> {
  if (typeof value === "string") {
    for (const [, data = "", type, name, attribute = ""] of value.matchAll(REFERENCE)) {
      const address = `${data}${type}.${name}`;
      found.set(address, (found.get(address) ?? new Set()).add(attribute));
    }
  } else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) referencedAttributes(each, found);
  }
  return found;
}

function rewritten(value: unknown): unknown {
  if (typeof value === "string") {
    if (WHOLE_REFERENCE.test(value)) return value;
    return value.replace(
      REFERENCE,
      (_, data: string | undefined, type: string, name: string, attribute: string) =>
        `terraform_data.${standInName(`${data ?? ""}${type}.${name}`)}.output.${attribute}`,
    );
  }
  if (Array.isArray(value)) return value.map(rewritten);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rewritten(each)]));
}
