import { raise } from "../exceptions.ts";
import { Decimal, Double, doubleText, NetObject, textOf, valueEquals } from "../values.ts";
import { DateTime } from "./date-time-values.ts";

// Newtonsoft.Json.Linq. A JValue's integers are long (bigint), its fractions Double.

/** Base of the JSON tokens. */
export abstract class JToken extends NetObject {
  parent: JToken | null = null;

  abstract readonly tokenType: string;
  abstract write(indented: boolean, depth: number): string;
  abstract clone(): JToken;
  abstract deepEquals(other: unknown): boolean;
  abstract children(): Iterable<JToken>;

  get hasValues(): boolean {
    return false;
  }

  [Symbol.iterator](): Iterator<JToken> {
    return this.children()[Symbol.iterator]();
  }

  /** The token as JSON, as `ToString(Formatting.Indented)` and `ToString(Formatting.None)` write it. */
  toJson(indented: boolean): string {
    return this.write(indented, 0);
  }

  override toText(): string {
    return this.toJson(true);
  }
}

export class JValue extends JToken {
  readonly typeName = "JValue";
  readonly value: unknown;

  constructor(value: unknown) {
    super();
    this.value = typeof value === "number" ? BigInt(value) : value === undefined ? null : value;
  }

  get tokenType(): string {
    const { value } = this;
    if (value === null) return "Null";
    if (typeof value === "string") return "String";
    if (typeof value === "boolean") return "Boolean";
    if (typeof value === "bigint") return "Integer";
    if (value instanceof Double || value instanceof Decimal) return "Float";
    if (value instanceof DateTime) return "Date";
    return value instanceof NetObject && ["Guid", "Uri", "TimeSpan"].includes(value.typeName)
      ? value.typeName
      : "Bytes";
  }

  children(): Iterable<JToken> {
    return [];
  }

  override toText(): string {
    return textOf(this.value);
  }

  write(): string {
    const { value } = this;
    if (value === null) return "null";
    if (typeof value === "boolean") return value ? "true" : "false";
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Double || value instanceof Decimal) {
      const text = doubleText(value.value);
      return /^-?\d+$/.test(text) ? `${text}.0` : text;
    }
    if (value instanceof DateTime)
      return quote(value.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK").replace(".Z", "Z"));
    if (value instanceof Uint8Array) return quote(Buffer.from(value).toString("base64"));
    return quote(textOf(value));
  }

  clone(): JValue {
    return new JValue(this.value);
  }

  deepEquals(other: unknown): boolean {
    return (
      other instanceof JValue && other.tokenType === this.tokenType && valueEquals(this.value, other.value)
    );
  }

  override equals(other: unknown): boolean {
    return this.deepEquals(other);
  }
}

export class JProperty extends JToken {
  readonly typeName = "JProperty";
  readonly tokenType = "Property";
  readonly name: string;
  #value: JToken;

  constructor(name: string, value: unknown) {
    super();
    this.name = name;
    this.#value = adopt(toToken(value), this);
  }

  get value(): JToken {
    return this.#value;
  }

  set value(value: JToken) {
    this.#value = adopt(value, this);
  }

  children(): Iterable<JToken> {
    return [this.#value];
  }

  override get hasValues(): boolean {
    return true;
  }

  write(indented: boolean, depth: number): string {
    return `${quote(this.name)}:${indented ? " " : ""}${this.#value.write(indented, depth)}`;
  }

  clone(): JProperty {
    return new JProperty(this.name, this.#value.clone());
  }

  deepEquals(other: unknown): boolean {
    return other instanceof JProperty && other.name === this.name && other.value.deepEquals(this.#value);
  }
}

export class JObject extends JToken {
  readonly typeName = "JObject";
  readonly tokenType = "Object";
  readonly #properties = new Map<string, JProperty>();

  get size(): number {
    return this.#properties.size;
  }

  property(name: string): JProperty | undefined {
    return this.#properties.get(name);
  }

  get(name: string): JToken | undefined {
    return this.#properties.get(name)?.value;
  }

  set(name: string, value: unknown): void {
    const existing = this.#properties.get(name);
    if (existing) existing.value = toToken(value);
    else this.add(new JProperty(name, value));
  }

  /** @throws Thrown ArgumentException when the name is there already */
  add(property: JProperty): void {
    if (this.#properties.has(property.name)) {
      raise(
        "ArgumentException",
        `Can not add property ${property.name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.`,
      );
    }
    this.#properties.set(property.name, adopt(property, this));
  }

  remove(name: string): boolean {
    return this.#properties.delete(name);
  }

  children(): Iterable<JProperty> {
    return [...this.#properties.values()];
  }

  override get hasValues(): boolean {
    return this.size > 0;
  }

  write(indented: boolean, depth: number): string {
    return brackets("{", "}", [...this.#properties.values()], indented, depth);
  }

  clone(): JObject {
    const copy = new JObject();
    for (const property of this.#properties.values()) copy.add(property.clone());
    return copy;
  }

  deepEquals(other: unknown): boolean {
    if (!(other instanceof JObject) || other.size !== this.size) return false;
    return [...this.#properties.values()].every(
      (property) => other.get(property.name)?.deepEquals(property.value) ?? false,
    );
  }
}

export class JArray extends JToken {
  readonly typeName = "JArray";
  readonly tokenType = "Array";
  readonly items: JToken[] = [];

  add(value: unknown): void {
    this.items.push(adopt(toToken(value), this));
  }

  children(): Iterable<JToken> {
    return this.items;
  }

  override get hasValues(): boolean {
    return this.items.length > 0;
  }

  write(indented: boolean, depth: number): string {
    return brackets("[", "]", this.items, indented, depth);
  }

  clone(): JArray {
    const copy = new JArray();
    for (const item of this.items) copy.add(item.clone());
    return copy;
  }

  deepEquals(other: unknown): boolean {
    if (!(other instanceof JArray) || other.items.length !== this.items.length) return false;
    return this.items.every((item, index) => other.items[index]?.deepEquals(item) ?? false);
  }
}

function adopt<T extends JToken>(token: T, parent: JToken): T {
  const own = token.parent && token.parent !== parent ? (token.clone() as T) : token;
  own.parent = parent;
  return own;
}

/** What Newtonsoft makes of a .NET value put into a tree. */
export function toToken(value: unknown): JToken {
  return value instanceof JToken ? value : new JValue(value);
}

function brackets(
  open: string,
  close: string,
  items: readonly JToken[],
  indented: boolean,
  depth: number,
): string {
  if (items.length === 0) return open + close;
  if (!indented) return `${open}${items.map((item) => item.write(false, 0)).join(",")}${close}`;
  const inner = "  ".repeat(depth + 1);
  const lines = items.map((item) => inner + item.write(true, depth + 1));
  return `${open}\r\n${lines.join(",\r\n")}\r\n${"  ".repeat(depth)}${close}`;
}

/** A JSON string; unlike JSON.stringify it also escapes U+0085, U+2028 and U+2029, as Newtonsoft does. */
function quote(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\u0085\u2028\u2029]/g, escaped);
}
