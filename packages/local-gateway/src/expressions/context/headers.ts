import { NetDictionary } from "../collections.ts";

const NONE: readonly string[] = [];

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
    return (this.find(name) as readonly string[] | undefined) ?? NONE;
  }

  /** All values of a field, joined as RFC 9110 §5.3 has it; undefined when it isn't there. */
  text(name: string): string | undefined {
    return (this.find(name) as readonly string[] | undefined)?.join(", ");
  }

  append(name: string, value: string): void {
    const before = this.values(name);
    this.set(name, before === NONE ? [value] : [...before, value]);
  }

  copy(): HttpHeaders {
    const copy = new HttpHeaders();
    this.copyTo(copy);
    return copy;
  }

  /** Names and values in turn, as node:http takes them. */
  lines(): string[] {
    const lines: string[] = [];
    for (const { key, value } of this) {
      for (const line of value as readonly string[]) lines.push(key as string, line);
    }
    return lines;
  }
}
