import { readPolicy } from "../policies/policy-file.ts";
import { policySources } from "./policy-sources.ts";
import { dataSources, type Rule, resources, strings } from "./rule.ts";

const HOST_KEY = /x-functions-key|\bcode=\{\{|default_function_key|primary_key|host_keys/i;

/** The apps know the gateway by its identity. A Functions host key would be a password that many know. */
export const noHostKey: Rule = {
  name: "no host key",
  check: ({ document, config }) => [
    ...[...resources(document), ...dataSources(document)]
      .filter(({ type, block }) => HOST_KEY.test(type) || strings(block).some((text) => HOST_KEY.test(text)))
      .map(({ address }) => `${address} uses a host key`),
    ...policySources(config)
      .filter((source) => HOST_KEY.test(readPolicy(source, "full")))
      .map((source) => `${typeof source === "string" ? source : source.name} uses a host key`),
  ],
};
