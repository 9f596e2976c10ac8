import { NetDictionary } from "../collections.ts";

/** The header fields of a message: names ignore case, each line of a repeated field is a value. */
export class HttpHeaders extends NetDictionary {
  constructor(entries: Iterable<readonly [string, string]> = []) {
    super([], { ignoreCase: true, typeName: "StringValues" });
    for (const [name, value] of entries) this.append(name, value);
  }

  /** @param rawHeaders names and values in turn, as node:http gives them */
  static fromRaw(rawHeaders: readonly string[]): HttpHeaders {
    const headers = new HttpHeaders();
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    return headers;
  }

  values(name: string): readonly string[] {
    return (this.find(name) as readonly string[] | undefined) ?? [];
  }

  /** All values of a field, joined as RFC 9110 §5.3 has it; undefined when it isn't there. */
  text(name: string): string | undefined {
    return this.has(name) ? this.values(name).join(", ") : undefined;
  }

  append(name: string, value: string): void {
    this.set(name, [...this.values(name), value]);
  }

  copy(): HttpHeaders {
    const copy = new HttpHeaders();
    for (const { key, value } of this) copy.set(key, value);
    return copy;
  }

  /** Each line: a field's name with one of its values. */
  lines(): [string, string][] {
    const lines: [string, string][] = [];
    for (const { key, value } of this) {
      for (const line of value as readonly string[]) lines.push([String(key), line]);
    }
    return lines;
  }
}
