/** A type as C# source names it, with aliases resolved ("String" is "string"). Arrays are `[]` of their element. */
export interface TypeRef {
  readonly name: string;
  readonly args: readonly TypeRef[];
  readonly nullable?: boolean;
}

const known = new Map<string, TypeRef>();

/**
 * @param text a type in short form: "string", "string[]", "int?", "IEnumerable<string>"
 */
export function ref(text: string): TypeRef {
  let found = known.get(text);
  if (!found) {
    found = parse(text);
    known.set(text, found);
  }
  return found;
}

function parse(text: string): TypeRef {
  if (text.endsWith("[]")) return arrayOf(ref(text.slice(0, -2)));
  if (text.endsWith("?")) return { ...ref(text.slice(0, -1)), nullable: true };
  const open = text.indexOf("<");
  if (open === -1) return { name: text, args: [] };
  const args: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "<") depth++;
    if ((character === "," && depth === 0) || (character === ">" && depth === 0)) {
      args.push(text.slice(from, at).trim());
      from = at + 1;
    } else if (character === ">") depth--;
  }
  return { name: text.slice(0, open), args: args.map(ref) };
}

export function arrayOf(element: TypeRef): TypeRef {
  return { name: "[]", args: [element] };
}

/** The type as C# source writes it. */
export function typeText(type: TypeRef): string {
  const mark = type.nullable ? "?" : "";
  if (type.name === "[]") return `${type.args[0] ? typeText(type.args[0]) : "object"}[]${mark}`;
  return `${type.name}${type.args.length > 0 ? `<${type.args.map(typeText).join(", ")}>` : ""}${mark}`;
}
