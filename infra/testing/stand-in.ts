import type { TerraformBlock, TerraformDocument } from "../synthesize.ts";

/** Where no provider can be had: `terraform_data`, which is built into Terraform, in place of each resource. */

const REFERENCE = /\b(data\.)?((?:azurerm|azuread)_\w+)\.([\w-]+)\.(\w+)/g;
const WHOLE_REFERENCE = /^(data\.)?((?:azurerm|azuread)_\w+)\.([\w-]+)$/;

/** Attributes that the providers cannot change in place: `ForceNew` in their schemas. */
const FORCES_REPLACEMENT: Readonly<Record<string, readonly string[]>> = {
  azurerm_api_management: ["name", "resource_group_name", "location"],
  azurerm_api_management_api: ["name", "api_management_name", "resource_group_name", "revision"],
  azurerm_api_management_api_diagnostic: ["identifier", "api_management_name", "api_name"],
  azurerm_api_management_api_operation: ["operation_id", "api_management_name", "api_name"],
  azurerm_api_management_api_operation_policy: ["operation_id", "api_management_name", "api_name"],
  azurerm_api_management_api_policy: ["api_management_name", "api_name"],
  azurerm_api_management_named_value: ["name", "api_management_name", "resource_group_name"],
  azurerm_api_management_policy_fragment: ["name", "api_management_id"],
  azurerm_cosmosdb_account: ["name", "resource_group_name", "location"],
  azurerm_cosmosdb_sql_container: ["name", "account_name", "database_name"],
  azurerm_cosmosdb_sql_database: ["name", "account_name"],
  azurerm_cosmosdb_sql_role_assignment: ["account_name", "scope", "principal_id"],
  azurerm_resource_group: ["name", "location"],
  azuread_application_app_role: ["application_id", "role_id"],
  azuread_application_permission_scope: ["application_id", "scope_id"],
  azuread_application_pre_authorized: ["application_id", "authorized_client_id"],
};

/** What some attributes look like, where an expression or a check looks at them. */
const LOOKS: Readonly<Record<string, string>> = {
  gateway_url: "https://shared-apim.azure-api.net",
  sku_name: "StandardV2_1",
};

/**
 * @returns the same variables, locals, outputs, expressions and dependencies, on resources that Terraform makes by
 *   itself: a resource's configuration is its `output`, with a made-up value for each attribute that only Azure knows. A
 *   change updates or replaces them, in the order in which the providers' resources would be
 */
export function withoutProviders(document: TerraformDocument): Record<string, unknown> {
  const wanted = referencedAttributes(document);
  const data: Record<string, TerraformBlock> = {};
  const add = (prefix: string, blocks: TerraformDocument["resource"]) => {
    for (const [type, named] of Object.entries(blocks)) {
      for (const [name, { lifecycle, depends_on, for_each, ...own }] of Object.entries(named)) {
        const address = `${prefix}${type}.${name}`;
        const known = Object.fromEntries(
          [...(wanted.get(address) ?? [])].map((attribute) => [attribute, madeUp(address, attribute, own)]),
        );
        const replacing = (FORCES_REPLACEMENT[type] ?? []).map((attribute) =>
          settled(document, own[attribute]),
        );
        const { precondition, create_before_destroy } = (lifecycle ?? {}) as TerraformBlock;
        data[standInName(address)] = {
          input: { ...known, ...own },
          // What it is made for may be known only by a data source, which Terraform reads before it plans, and a stand-in is not.
          ...(for_each ? { for_each: '${toset(["each"])}' } : {}),
          ...(replacing.length > 0 ? { triggers_replace: replacing } : {}),
          ...(precondition || create_before_destroy
            ? { lifecycle: { precondition, create_before_destroy } }
            : {}),
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

function madeUp(address: string, attribute: string, { name = "" }: TerraformBlock): string {
  return LOOKS[attribute] ?? `<${address}.${attribute} of ${name}>`;
}

/** @returns the value with each reference resolved, because a stand-in's output is known only at apply */
function settled(document: TerraformDocument, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(/\$\{([^{}]*)\}/g, (expression, inner: string) => {
    const [whole, data, type = "", name = "", attribute = ""] = [...inner.matchAll(REFERENCE)][0] ?? [];
    if (whole !== inner) return expression;
    const own = (data ? document.data : document.resource)?.[type]?.[name] ?? {};
    return String(
      settled(document, own[attribute] ?? madeUp(`${data ?? ""}${type}.${name}`, attribute, own)),
    );
  });
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
