import { enumerate, NetDictionary, NetPair } from "../collections.ts";
import { NetEnum, NetObject, valueEquals } from "../values.ts";
import { JArray, JObject, JToken, JValue, toToken } from "./json-values.ts";

/** Makes a token tree of any value: what `JToken.FromObject` and `JsonConvert.SerializeObject` do. */
export function tokenOf(value: unknown): JToken {
  if (value instanceof JToken) return value;
  if (value instanceof NetDictionary || value instanceof AnonymousObject) {
    const object = new JObject();
    for (const entry of value) object.set(String((entry as NetPair).key), tokenOf((entry as NetPair).value));
    return object;
  }
  if (value instanceof NetPair) {
    const object = new JObject();
    object.set("Key", tokenOf(value.key));
    object.set("Value", tokenOf(value.value));
    return object;
  }
  if (value instanceof NetEnum) return new JValue(value.value);
  if (
    typeof value !== "string" &&
    typeof value === "object" &&
    value !== null &&
    Symbol.iterator in value &&
    !(value instanceof Uint8Array)
  ) {
    const array = new JArray();
    for (const entry of enumerate(value)) array.add(tokenOf(entry));
    return array;
  }
  return toToken(value);
}

/** `new { a = 1 }`. */
export class AnonymousObject extends NetObject {
  readonly typeName = "AnonymousObject";
  readonly members: ReadonlyMap<string, unknown>;

  constructor(members: ReadonlyMap<string, unknown>) {
    super();
    this.members = members;
  }

  override equals(other: unknown): boolean {
    return (
      other instanceof AnonymousObject &&
      other.members.size === this.members.size &&
      [...this.members].every(([name, value]) => valueEquals(other.members.get(name), value))
    );
  }

  *[Symbol.iterator](): Iterator<NetPair> {
    for (const [name, value] of this.members) yield new NetPair(name, value);
  }
}
