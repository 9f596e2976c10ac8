import { raise } from "../exceptions.ts";
import { Double, NetObject } from "../values.ts";
import { int } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Random; a seed is taken and not used. */
class Random extends NetObject {
  readonly typeName = "Random";

  next(bounds: readonly number[]): number {
    const [low, high] =
      bounds.length === 2 ? [bounds[0] ?? 0, bounds[1] ?? 0] : [0, bounds[0] ?? 2 ** 31 - 1];
    if (low > high) raise("ArgumentOutOfRangeException", "'minValue' cannot be greater than maxValue.");
    return low + Math.floor(Math.random() * (high - low));
  }
}

export const randomType: TypeDefinition = {
  name: "Random",
  namespace: "System",
  holds: (value) => value instanceof Random,
  construct: { count: [0, 1], call: () => new Random() },
  methods: {
    Next: {
      type: "int",
      count: [0, 2],
      call: (self: Random, args) => self.next(args.map((value) => int(value))),
    },
    NextDouble: { type: "double", count: [0, 0], call: () => new Double(Math.random()) },
  },
};
