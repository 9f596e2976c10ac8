import type { TerraformBlock } from "../synthesize.ts";
import { type Attribute, resourceSchema, type Schema } from "./provider-schema.ts";
import { dataSources, type Resource, type Rule, resources, strings } from "./rule.ts";

/** Terraform's own, in every resource. */
const META = new Set(["depends_on", "lifecycle", "provider", "count", "for_each"]);

/** Each block has only what the provider knows, all that it requires, and values of the right kind. */
export const knownAttributes: Rule = {
  name: "only attributes that the provider knows, and all that it requires",
  check: ({ document }) => [
    ...resources(document).flatMap((each) => problems(each, each.type)),
    ...dataSources(document).flatMap((each) => problems(each, `data_${each.type}`)),
    ...unreadable(strings(document)),
  ],
};

function problems({ address, block }: Resource, type: string): string[] {
  const schema = resourceSchema(type);
  if (!schema) return [`${address}: the provider has no ${type}`];
  const own = Object.fromEntries(Object.entries(block).filter(([name]) => !META.has(name)));
  return inBlock(address, own, schema.arguments);
}

function inBlock(path: string, block: TerraformBlock, schema: Schema): string[] {
  return [
    ...[...schema]
      .filter(([name, { required }]) => required && block[name] === undefined)
      .map(([name]) => `${path}: ${name} is required`),
    ...Object.entries(block).flatMap(([name, value]) => {
      const attribute = schema.get(name);
      return attribute ? inAttribute(`${path}.${name}`, value, attribute) : [`${path}: ${name} is not known`];
    }),
  ];
}

function inAttribute(path: string, value: unknown, { type, block }: Attribute): string[] {
  if (block) {
    const blocks = Array.isArray(value) ? value : [value];
    return blocks.flatMap((each, index) => inBlock(`${path}[${index}]`, each as TerraformBlock, block));
  }
  if (typeof value === "string" && value.includes("${")) return [];
  const fits = type.startsWith("string[]")
    ? Array.isArray(value) && value.every((each) => typeof each === "string")
    : type.startsWith("{")
      ? typeof value === "object" && !Array.isArray(value)
      : typeof value === type.split(" ")[0];
  return fits ? [] : [`${path} is ${JSON.stringify(value)}, not ${type}`];
}

/** References to attributes that a resource does not have. */
function unreadable(texts: readonly string[]): string[] {
  const reference = /\$\{[^}]*?\b(data\.)?((?:azurerm|azuread)_\w+)\.[\w-]+\.(\w+)/g;
  return texts.flatMap((text) =>
    [...text.matchAll(reference)].flatMap(([, data, type = "", attribute = ""]) => {
      const schema = resourceSchema(data ? `data_${type}` : type);
      return schema && (schema.readable.has(attribute) || schema.arguments.has(attribute))
        ? []
        : [`${type} has no attribute ${attribute}`];
    }),
  );
}
