import { availableParallelism, cpus, loadavg } from "node:os";

/** Where and when a run was made, and what else the machine had to do. */
export interface MachineDescription {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  /** Processes that wanted to run in the minute before. */
  readonly load: number;
}

export function describeMachine(): MachineDescription {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? "unknown processor",
    cores: availableParallelism(),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  };
}
