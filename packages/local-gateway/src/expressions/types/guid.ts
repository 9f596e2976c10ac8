import { randomUUID } from "node:crypto";
import { raise } from "../exceptions.ts";
import { NetObject } from "../values.ts";
import { out, text, textOrNull } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Guid. */
export class Guid extends NetObject {
  readonly typeName = "Guid";
  /** In the form "D": 32 small hexadecimal digits with dashes. */
  readonly value: string;

  constructor(value: string = randomUUID()) {
    super();
    this.value = value;
  }

  format(format: string): string {
    switch (format.toUpperCase()) {
      case "D":
        return this.value;
      case "N":
        return this.value.replaceAll("-", "");
      case "B":
        return `{${this.value}}`;
      case "P":
        return `(${this.value})`;
      default:
        return raise("FormatException", 'Format string can be only "D", "N", "B", "P" or "X".');
    }
  }

  override toText(): string {
    return this.value;
  }

  override equals(other: unknown): boolean {
    return other instanceof Guid && other.value === this.value;
  }
}

/** The first three groups are little-endian. */
function toBytes(guid: Guid): Uint8Array {
  const bytes = Buffer.from(guid.format("N"), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return new Uint8Array(bytes);
}

const EMPTY = new Guid("00000000-0000-0000-0000-000000000000");

function parse(source: string): Guid | undefined {
  const plain = source
    .trim()
    .replace(/^\{(.*)\}$|^\((.*)\)$/, "$1$2")
    .toLowerCase();
  const match = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/.exec(plain);
  const dashes = plain.split("-").length - 1;
  return match && (dashes === 0 || dashes === 4) ? new Guid(match.slice(1).join("-")) : undefined;
}

const parseOrRaise = (source: string): Guid =>
  parse(source) ??
  raise(
    "FormatException",
    "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
  );

export const guidType: TypeDefinition = {
  name: "Guid",
  namespace: "System",
  holds: (value) => value instanceof Guid,
  defaultValue: EMPTY,
  methods: {
    ToByteArray: { type: "byte[]", count: [0, 0], call: (self: Guid) => toBytes(self) },
    ToString: {
      type: "string",
      count: [0, 1],
      call: (self: Guid, [format]) => self.format(textOrNull(format) || "D"),
    },
  },
  statics: { Empty: { type: "Guid", get: () => EMPTY } },
  staticMethods: {
    NewGuid: { type: "Guid", count: [0, 0], call: () => new Guid() },
    Parse: { type: "Guid", count: [1, 1], call: ([source]) => parseOrRaise(text(source, "input")) },
    TryParse: {
      type: "bool",
      count: [2, 2],
      call: ([source, result]) => {
        const guid = typeof source === "string" ? parse(source) : undefined;
        out(result).set(guid ?? EMPTY);
        return guid !== undefined;
      },
    },
  },
  construct: { count: [1, 1], call: ([source]) => parseOrRaise(text(source, "g")) },
};
