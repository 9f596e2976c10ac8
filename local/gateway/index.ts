export { PolicyError } from "./errors.ts";
export { type CompiledPolicies, loadPolicies } from "./load.ts";
export { type GatewayOptions, type LocalGateway, startGateway } from "./server.ts";
