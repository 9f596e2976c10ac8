import type { Position } from "../document/position.ts";
import type { CorsPolicy } from "./cors-policy.ts";
import type { Ending, Exchange, Outcome } from "./exchange.ts";

export type Section = "inbound" | "backend" | "outbound" | "on-error";
export type Scope = "global" | "api" | "operation";

export const SECTIONS: readonly Section[] = ["inbound", "backend", "outbound", "on-error"];

/** One policy of a document, compiled; immutable. */
export interface Step {
  /** The element's name: `context.LastError.Source`. */
  readonly name: string;
  readonly position: Position;
  readonly scope: Scope;
  readonly section: Section;
  /** `context.LastError.Path`: "choose[1]/when[2]/set-header". */
  readonly path: string;
  /** The element's own `id` attribute. */
  readonly id: string | null;
  /** What preflight requests are answered by. */
  readonly cors?: CorsPolicy;
  readonly run: (exchange: Exchange) => Ending | Promise<Ending>;
}

/** The policies of one scope with everything they inherit, by section. */
export type SectionSteps = Readonly<Record<Section, readonly Step[]>>;

/** A policy that failed, and which one it was. */
export class StepFailure extends Error {
  override name = "StepFailure";
  readonly step: Step;
  override readonly cause: unknown;

  constructor(step: Step, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
    this.cause = cause;
  }
}

/**
 * Runs policies one after the other.
 *
 * @returns "stop" as soon as one of them ended the pipeline
 * @throws StepFailure naming the innermost policy that failed
 */
export async function runSteps(steps: readonly Step[], exchange: Exchange): Promise<Outcome> {
  for (const step of steps) {
    try {
      const ending = step.run(exchange);
      // Most policies end at once, and a promise for each would cost as much as they do.
      if ((ending instanceof Promise ? await ending : ending) === "stop") return "stop";
    } catch (error) {
      throw error instanceof StepFailure ? error : new StepFailure(step, error);
    }
  }
  return "next";
}
