import type { ElementNode } from "../document/nodes.ts";
import type { CorsPolicy } from "../pipeline/cors-policy.ts";
import type { Exchange, Outcome } from "../pipeline/exchange.ts";
import type { Section } from "../pipeline/step.ts";
import type { PolicyCompiler } from "./compiler.ts";

/** A policy that says nothing lets the pipeline go on. */
type Ending = Outcome | undefined;

/** What a policy element does, once compiled. */
export interface CompiledPolicy {
  readonly run: (exchange: Exchange) => Ending | Promise<Ending>;
  readonly cors?: CorsPolicy;
}

/** A policy element: one file each, and a line in the table of policies/table.ts. */
export interface PolicyElement {
  readonly name: string;
  /** "Policy sections" of its reference page. */
  readonly sections: readonly Section[];
  /** Every attribute but `id`; those with a value of true are required. */
  readonly attributes: Readonly<Record<string, boolean>>;
  /** Names of child elements; "policies" where any policy may stand. */
  readonly children: readonly string[] | "policies";
  /** @throws PolicyError for anything that API Management would refuse */
  readonly compile: (node: ElementNode, compiler: PolicyCompiler) => CompiledPolicy;
}

export const EVERYWHERE: readonly Section[] = ["inbound", "backend", "outbound", "on-error"];
