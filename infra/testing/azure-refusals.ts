import type { TerraformBlock } from "../synthesize.ts";

/** One line of what Terraform did: an operation on one resource began or ended. */
export interface Step {
  readonly at: "start" | "complete";
  readonly action: "create" | "update" | "delete";
  /** "<type>.<name>" */
  readonly address: string;
}

/** What the resources hold, by address. */
export type Contents = ReadonlyMap<string, TerraformBlock>;

/** Each type is one list of an Entra application. The provider reads it and writes it back whole. */
const LISTS = new Set([
  "azuread_application_api_access",
  "azuread_application_app_role",
  "azuread_application_permission_scope",
  "azuread_application_pre_authorized",
]);

/**
 * Checks the order of Terraform's operations against the rules of API Management and Entra.
 *
 * API Management does not delete a fragment or a named value that a policy names, does not save a
 * policy that names a missing one, and does not allow a path, display name or operation twice. Entra
 * does not delete a scope that an application has, and may lose one of two concurrent writes to a list.
 *
 * @returns one sentence for each operation that they would refuse
 */
export function refusals(steps: readonly Step[], before: Contents, after: Contents): string[] {
  /** While a resource is being changed it may hold either. */
  const live = new Map([...before].map(([address, block]) => [address, [block]]));
  const whole = new Set(before.keys());
  const underWay = new Set<string>();
  const found: string[] = [];
  for (const { at, action, address } of steps) {
    const old = before.get(address);
    const next = after.get(address);
    if (at === "complete") {
      underWay.delete(address);
      if (action === "delete") live.delete(address);
      else {
        live.set(address, next ? [next] : []);
        whole.add(address);
      }
      continue;
    }
    const held = action === "delete" ? (old ?? {}) : (next ?? {});
    const others = [...live].filter(([other]) => other !== address);
    found.push(...atOnce(address, held, underWay, live));
    if (action === "delete") {
      whole.delete(address);
      found.push(...stillNamed(address, held, others));
    } else {
      live.set(address, [...(old ? [old] : []), held]);
      found.push(...missing(address, held, whole, live), ...twice(address, held, others));
    }
    underWay.add(address);
  }
  return found;
}

type Holders = Iterable<readonly [string, readonly TerraformBlock[]]>;

const typeOf = (address: string) => address.split(".")[0] ?? "";

function stillNamed(address: string, held: TerraformBlock, others: Holders): string[] {
  const named = nameIn(address, held);
  return [...others]
    .filter(
      ([, blocks]) => named !== undefined && blocks.some((block) => JSON.stringify(block).includes(named)),
    )
    .filter(([other]) => namesOthers(address, other))
    .map(([other]) => `${address} is deleted while ${other} names it`);
}

/** How others name what is deleted. */
function nameIn(address: string, held: TerraformBlock): string | undefined {
  const texts: Readonly<Record<string, string>> = {
    azurerm_api_management_policy_fragment: JSON.stringify(
      `<include-fragment fragment-id="${held["name"]}"`,
    ).slice(1, -1),
    azurerm_api_management_named_value: `{{${held["name"]}}}`,
    azuread_application_permission_scope: JSON.stringify(held["scope_id"]),
  };
  return texts[typeOf(address)];
}

function namesOthers(address: string, other: string): boolean {
  return typeOf(address) === "azuread_application_permission_scope"
    ? /^azuread_application_(pre_authorized|api_access)$/.test(typeOf(other))
    : /_policy$|_policy_fragment$/.test(typeOf(other));
}

function missing(
  address: string,
  held: TerraformBlock,
  whole: ReadonlySet<string>,
  live: ReadonlyMap<string, readonly TerraformBlock[]>,
): string[] {
  if (!/_policy$|_policy_fragment$/.test(typeOf(address))) return [];
  const text = String(held["xml_content"] ?? held["value"]);
  const there = (type: string, name: string) =>
    [...live].some(
      ([other, blocks]) =>
        typeOf(other) === type && whole.has(other) && blocks.some((block) => block["name"] === name),
    );
  const named = [
    ...[...text.matchAll(/<include-fragment fragment-id="([^"]+)"/g)].map(
      ([, name = ""]) => ["azurerm_api_management_policy_fragment", name] as const,
    ),
    ...[...text.matchAll(/\{\{([\w.-]+)\}\}/g)].map(
      ([, name = ""]) => ["azurerm_api_management_named_value", name] as const,
    ),
  ];
  return named
    .filter(([type, name]) => !there(type, name))
    .map(([, name]) => `${address} names ${name}, which is not there`);
}

function twice(address: string, held: TerraformBlock, others: Holders): string[] {
  const keys = (block: TerraformBlock): string[] => {
    if (typeOf(address) === "azurerm_api_management_api") {
      return [`the path "${block["path"]}"`, `the display name "${block["display_name"]}"`];
    }
    if (typeOf(address) !== "azurerm_api_management_api_operation") return [];
    return [`${block["method"]} ${block["url_template"]} of ${block["api_name"]}`];
  };
  return [...others]
    .filter(([other]) => typeOf(other) === typeOf(address))
    .flatMap(([other, blocks]) =>
      keys(held)
        .filter((key) => blocks.some((block) => keys(block).includes(key)))
        .map((key) => `${address} takes ${key} while ${other} has it`),
    );
}

function atOnce(
  address: string,
  { application_id }: TerraformBlock,
  underWay: ReadonlySet<string>,
  live: ReadonlyMap<string, readonly TerraformBlock[]>,
): string[] {
  if (!LISTS.has(typeOf(address))) return [];
  return [...underWay]
    .filter((other) => typeOf(other) === typeOf(address))
    .filter((other) => live.get(other)?.some((block) => block["application_id"] === application_id))
    .map((other) => `${address} is written while ${other} is`);
}
