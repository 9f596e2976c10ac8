import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** One attribute or block of a resource, as the provider's schema has it. */
export interface Attribute {
  readonly required: boolean;
  /** The binding's TypeScript type. */
  readonly type: string;
  /** Attributes within, when it is a block. */
  readonly block: Schema | undefined;
}

export type Schema = ReadonlyMap<string, Attribute>;

export interface ResourceSchema {
  readonly arguments: Schema;
  /** Everything that an expression may refer to. */
  readonly readable: ReadonlySet<string>;
}

const require = createRequire(import.meta.url);
const cache = new Map<string, ResourceSchema | undefined>();

/**
 * Reads a resource's schema out of the declarations that CDKTF generated from the provider's own.
 *
 * @param type "azurerm_…" or "azuread_…", with "data_" before a data source's
 * @returns undefined when the provider has no such resource
 */
export function resourceSchema(type: string): ResourceSchema | undefined {
  if (!cache.has(type)) cache.set(type, readSchema(type));
  return cache.get(type);
}

function readSchema(type: string): ResourceSchema | undefined {
  const isData = type.startsWith("data_");
  const [provider = "", ...words] = type.replace(/^data_/, "").split("_");
  const file = isData ? `data-${provider}-${words.join("-")}` : words.join("-");
  const library = join(require.resolve(`@cdktf/provider-${provider}/package.json`), "../lib");
  const path = join(library, file, "index.d.ts");
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const interfaces = new Map<string, string>();
  for (const [, name = "", body = ""] of text.matchAll(
    /export interface (\w+)(?: extends [\w.]+)? \{([\s\S]*?)\n\}/g,
  )) {
    interfaces.set(name, body);
  }
  const root =
    [...text.matchAll(/export interface (\w+) extends cdktf\.TerraformMetaArguments/g)][0]?.[1] ?? "";
  return {
    arguments: attributes(root, interfaces),
    readable: new Set([...text.matchAll(/^ {4}get (\w+)\(\)/gm)].map(([, name = ""]) => snakeCase(name))),
  };
}

function attributes(name: string, interfaces: ReadonlyMap<string, string>): Schema {
  const found = (interfaces.get(name) ?? "").matchAll(
    /#(\w+) [\w#]+\}[\s\S]*?\*\/\s*readonly \w+(\??): ([^;]+);/g,
  );
  return new Map(
    [...found].map(([, attribute = "", optional, type = ""]) => {
      const inner = /^(\w+)(\[\])?( \||$)/.exec(type)?.[1] ?? "";
      return [
        attribute,
        {
          required: optional === "",
          type,
          block: interfaces.has(inner) ? attributes(inner, interfaces) : undefined,
        },
      ] as const;
    }),
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
