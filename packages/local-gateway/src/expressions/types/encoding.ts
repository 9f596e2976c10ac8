import { NetObject } from "../values.ts";
import { bytes, int, text } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** System.Text.Encoding. */
class Encoding extends NetObject {
  readonly typeName = "Encoding";
  readonly name: "utf8" | "ascii" | "utf16le" | "latin1";

  constructor(name: Encoding["name"]) {
    super();
    this.name = name;
  }

  encode(source: string): Uint8Array {
    // What ASCII doesn't have becomes a question mark.
    const known = this.name === "ascii" ? source.replace(/[^\0-\x7f]/g, "?") : source.toWellFormed();
    const { buffer, byteOffset, byteLength } = Buffer.from(known, this.name);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  decode(source: Uint8Array): string {
    const { buffer, byteOffset, byteLength } = source;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const decoded = bytes.toString(this.name === "ascii" ? "latin1" : this.name);
    return this.name === "ascii" ? decoded.replace(/[^\0-\x7f]/g, "?") : decoded;
  }
}

function encoding(name: Encoding["name"]) {
  const only = new Encoding(name);
  return { type: "Encoding", get: () => only };
}

export const encodingType: TypeDefinition = {
  name: "Encoding",
  namespace: "System.Text",
  holds: (value) => value instanceof Encoding,
  statics: {
    UTF8: encoding("utf8"),
    ASCII: encoding("ascii"),
    Unicode: encoding("utf16le"),
    Latin1: encoding("latin1"),
  },
  methods: {
    GetBytes: {
      type: "byte[]",
      count: [1, 1],
      call: (self: Encoding, [source]) => self.encode(text(source, "s")),
    },
    GetByteCount: {
      type: "int",
      count: [1, 1],
      call: (self: Encoding, [source]) => self.encode(text(source, "s")).length,
    },
    GetString: {
      type: "string",
      count: [1, 3],
      call: (self: Encoding, [source, index, count]) => {
        const all = bytes(source);
        return self.decode(index === undefined ? all : all.slice(int(index), int(index) + int(count)));
      },
    },
  },
};
