import { textOf, valueEquals } from "../values.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Object: what every value has. */
export const objectType: TypeDefinition = {
  name: "object",
  aliases: ["Object"],
  namespace: "System",
  holds: () => true,
  methods: {
    ToString: { type: "string", count: [0, 0], call: (self: unknown) => textOf(self) },
    Equals: { type: "bool", count: [1, 1], call: (self: unknown, [other]) => valueEquals(self, other) },
  },
  staticMethods: {
    Equals: { type: "bool", count: [2, 2], call: ([a, b]) => valueEquals(a, b) },
    ReferenceEquals: { type: "bool", count: [2, 2], call: ([a, b]) => a === b },
  },
};
