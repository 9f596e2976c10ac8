import { clouds } from "../../config/clouds.ts";
import { resolveGateway } from "../../config/resolve.ts";
import type { GatewayConfig } from "../../config/schema.ts";
import { describeGateway } from "../apis/describe.ts";
import type { GatewayDescription, PolicySource } from "../apis/description.ts";

/** The description of the APIs, as the local gateway reads it, with places of no meaning. */
export function localDescription(config: GatewayConfig): GatewayDescription {
  const url = "https://functions.example";
  const apps = {
    "graph-mcp": { mcpUrl: `${url}/mcp`, applicationId: "00000000-0000-0000-0000-000000000000" },
  };
  const resolved = resolveGateway(config, { origin: "https://gateway.example", apps });
  return describeGateway(
    resolved,
    config,
    { url, audience: "api://example", gatewayIdentityClientId: "example" },
    {
      authorityHost: clouds[config.cloud].authorityHost,
      issuerV1Host: clouds[config.cloud].issuerV1Host,
      tenantId: "00000000-0000-0000-0000-000000000000",
    },
  );
}

/** @returns every policy that the gateway uses, each file once */
export function policySources(config: GatewayConfig): PolicySource[] {
  const { apis, fragments } = localDescription(config);
  const sources = [
    ...fragments.map(({ policy }) => policy),
    ...apis.flatMap(({ policy, operations }) => [policy, ...operations.map((operation) => operation.policy)]),
  ];
  return [...new Set(sources.filter((source) => source !== undefined))];
}
