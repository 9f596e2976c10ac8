export type {
  ApiDescription,
  FragmentDescription,
  GatewayDescription,
  NamedValueDescription,
  OperationDescription,
} from "./description.ts";
export type { ElementNode } from "./document/nodes.ts";
export { SourceFile } from "./document/position.ts";
export { readPolicyDocument } from "./document/reader.ts";
export { PolicyError } from "./errors.ts";
export { type CompiledPolicies, loadPolicies } from "./load.ts";
export type { LogLine, LogSink } from "./log.ts";
export { HEAD_LIMIT } from "./pipeline/limits.ts";
export { type GatewayOptions, type LocalGateway, startGateway } from "./server.ts";
