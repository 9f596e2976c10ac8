import type { GatewayConfig } from "../../config/schema.ts";
import { type BackendHeader, backendHeaders } from "../apis/backend-headers.ts";
import { readPolicy } from "../policies/policy-file.ts";
import type { TerraformBlock } from "../synthesize.ts";
import { policySources } from "./policy-sources.ts";
import { dataSources, type Resource, type Rule, resources, strings } from "./rule.ts";

const HOST_KEY = /x-functions-key|\bcode=\{\{|default_function_key|primary_key|host_keys/i;
const NAMED_VALUE = "azurerm_api_management_named_value";

/**
 * The apps know the gateway by its identity. A Functions host key would be a password that many know. The one exception is what an
 * operator asks for with `backend.headers`: its policy to the letter, and its named value when that is read in Key Vault.
 */
export const noHostKey: Rule = {
  name: "no host key",
  check: ({ document, config }) => {
    const asked = askedFor(config);
    const namesKey = (text: string) => HOST_KEY.test(without(text, asked));
    return [
      ...[...resources(document), ...dataSources(document)]
        .filter((each) => !isAskedFor(each, asked))
        .filter(({ type, block }) => HOST_KEY.test(type) || strings(withoutOrder(block)).some(namesKey))
        .map(({ address }) => `${address} uses a host key`),
      ...policySources(config)
        .filter((source) => namesKey(readPolicy(source, "full")))
        .map((source) => `${typeof source === "string" ? source : source.name} uses a host key`),
    ];
  },
};

function askedFor({ servers }: GatewayConfig): readonly BackendHeader[] {
  return servers.flatMap(backendHeaders);
}

/** @returns the text without the policies that send a key, and without the places of secrets, which may be named anything */
function without(text: string, asked: readonly BackendHeader[]): string {
  return asked
    .flatMap(({ policy, secret }) => [policy, `${secret.keyVault}/secrets/${secret.secret}`])
    .reduce((left, own) => left.replaceAll(own, ""), text);
}

/** Waiting for a resource is no use of it. */
function withoutOrder({ depends_on: _, ...block }: TerraformBlock): TerraformBlock {
  return block;
}

function isAskedFor({ type, block }: Resource, asked: readonly BackendHeader[]): boolean {
  return (
    type === NAMED_VALUE &&
    block["value"] === undefined &&
    block["value_from_key_vault"] !== undefined &&
    asked.some(({ namedValue }) => namedValue === block["name"])
  );
}
