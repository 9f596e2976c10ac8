import type { AccountPageTimes } from "../measure/account-page.ts";
import type { ColdStarts } from "../measure/cold-start.ts";
import type { GatewayCalls } from "../measure/gateway-calls.ts";
import type { MachineLimits } from "../measure/machine.ts";
import type { ParallelSignIns } from "../measure/parallel.ts";
import type { StepTimes } from "../measure/steps.ts";
import type { MachineDescription } from "./machine.ts";

/** All that a run measured; a short one leaves parts out. */
export interface Run {
  readonly machine: MachineDescription;
  readonly size: { readonly steps: { readonly rounds: number; readonly signIns: number } };
  readonly steps: StepTimes;
  readonly limits?: MachineLimits;
  readonly calls?: GatewayCalls;
  readonly account?: readonly AccountPageTimes[];
  readonly parallel?: readonly ParallelSignIns[];
  readonly coldStart?: ColdStarts;
  readonly twinStart?: number;
}
