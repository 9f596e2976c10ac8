/**
 * A gateway that runs Azure API Management policies on this machine.
 *
 * @example
 * const gateway = await startGateway({
 *   description: {
 *     origin: "http://localhost:8080",
 *     apis: [
 *       {
 *         name: "orders",
 *         displayName: "Orders",
 *         path: "orders",
 *         serviceUrl: "http://localhost:9000",
 *         policy: "orders.xml",
 *         operations: [{ name: "list", displayName: "List", method: "GET", urlTemplate: "/" }],
 *       },
 *     ],
 *     fragments: [],
 *     namedValues: [],
 *   },
 *   policiesFolder: "policies",
 *   port: 8080,
 *   log: ({ level, message }) => console.log(level, message),
 * });
 * const response = await fetch(`${gateway.url}/orders`);
 * await gateway.stop();
 *
 * @module
 */
export type {
  ApiDescription,
  FragmentDescription,
  GatewayDescription,
  NamedValueDescription,
  OperationDescription,
  PolicySource,
} from "./description.ts";
export type { ElementNode } from "./document/nodes.ts";
export { SourceFile } from "./document/position.ts";
export { readPolicyDocument } from "./document/reader.ts";
export { PolicyError } from "./errors.ts";
export { type CompiledPolicies, loadPolicies } from "./load.ts";
export type { LogLine, LogSink } from "./log.ts";
export { HEAD_LIMIT } from "./pipeline/limits.ts";
export type { IdentityEndpoint } from "./pipeline/managed-identity.ts";
export { type GatewayOptions, type LocalGateway, startGateway } from "./server.ts";
