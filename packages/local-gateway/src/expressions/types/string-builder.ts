import { formatComposite } from "../formatting.ts";
import { NetObject, textOf } from "../values.ts";
import { int, text, textOrChar } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Text.StringBuilder. */
class StringBuilder extends NetObject {
  readonly typeName = "StringBuilder";
  content: string;

  constructor(content: string) {
    super();
    this.content = content;
  }

  override toText(): string {
    return this.content;
  }

  with(content: string): this {
    this.content = content;
    return this;
  }
}

export const stringBuilderType: TypeDefinition = {
  name: "StringBuilder",
  namespace: "System.Text",
  holds: (value) => value instanceof StringBuilder,
  construct: { count: [0, 1], call: ([start]) => new StringBuilder(typeof start === "string" ? start : "") },
  properties: { Length: { type: "int", get: (self: StringBuilder) => self.content.length } },
  methods: {
    Append: {
      type: "StringBuilder",
      count: [1, 2],
      call: (self: StringBuilder, [value, count]) =>
        self.with(self.content + textOf(value).repeat(count === undefined ? 1 : int(count))),
    },
    AppendLine: {
      type: "StringBuilder",
      count: [0, 1],
      call: (self: StringBuilder, [value]) => self.with(`${self.content}${textOf(value)}\n`),
    },
    AppendFormat: {
      type: "StringBuilder",
      count: [1, 99],
      call: (self: StringBuilder, [format, ...values]) =>
        self.with(self.content + formatComposite(text(format), values)),
    },
    Insert: {
      type: "StringBuilder",
      count: [2, 2],
      call: (self: StringBuilder, [index, value]) =>
        self.with(self.content.slice(0, int(index)) + textOf(value) + self.content.slice(int(index))),
    },
    Replace: {
      type: "StringBuilder",
      count: [2, 2],
      call: (self: StringBuilder, [old, value]) =>
        self.with(self.content.replaceAll(textOrChar(old), () => textOrChar(value))),
    },
    Clear: { type: "StringBuilder", count: [0, 0], call: (self: StringBuilder) => self.with("") },
  },
};
