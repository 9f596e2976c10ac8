import type { GatewayConfig } from "../../config/schema.ts";
import type { DeploymentSettings } from "../settings/settings.ts";
import type { TerraformBlock, TerraformDocument } from "../synthesize.ts";

/** A synthesized stack, with what it was made of. */
export interface Subject {
  readonly document: TerraformDocument;
  readonly config: GatewayConfig;
  readonly settings: DeploymentSettings;
}

/** Something that holds for every stack. */
export interface Rule {
  readonly name: string;
  /** @returns one sentence for each place where it does not hold */
  readonly check: (subject: Subject) => string[];
}

export interface Resource {
  readonly type: string;
  readonly name: string;
  /** "<type>.<name>", with "data." before a data source's. */
  readonly address: string;
  readonly block: TerraformBlock;
}

/** @returns the resources, of one type or of all */
export function resources({ resource }: TerraformDocument, type?: string): Resource[] {
  return Object.entries(resource)
    .filter(([each]) => type === undefined || each === type)
    .flatMap(([each, blocks]) =>
      Object.entries(blocks).map(([name, block]) => ({
        type: each,
        name,
        address: `${each}.${name}`,
        block,
      })),
    );
}

export function dataSources({ data = {} }: TerraformDocument): Resource[] {
  return Object.entries(data).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, block]) => ({ type, name, address: `data.${type}.${name}`, block })),
  );
}

/** @returns every string in a value, at any depth, keys of objects left out */
export function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}

/** @returns the value at a path of keys, undefined where there is none; a list of one block counts as the block */
export function at(block: TerraformBlock, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const inner = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return typeof inner === "object" && inner !== null ? (inner as TerraformBlock)[key] : undefined;
  }, block);
}

/** Wants a value at a path in every resource of a type. */
export interface Expectation {
  readonly type: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** @returns one sentence for each resource in which the value is another */
export function unmet(document: TerraformDocument, expectations: readonly Expectation[]): string[] {
  return expectations.flatMap(({ type, path, value }) =>
    resources(document, type)
      .filter(({ block }) => at(block, ...path) !== value)
      .map(
        ({ address, block }) =>
          `${address}: ${path.join(".")} is ${JSON.stringify(at(block, ...path))}, not ${JSON.stringify(value)}`,
      ),
  );
}
