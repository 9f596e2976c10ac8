/** What stands for itself in a policy document: a comment, a CDATA section, or the beginning of an expression. */
const MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|@(?=[({])/g;

/**
 * One token of C#, as far as it matters to find the end of an expression: a string, a character or a comment as a whole, the
 * beginning of an interpolated string, an XML entity, or any one character.
 */
const TOKEN =
  /@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.[^'\n]*)'|\/\/.*|\/\*[\s\S]*?\*\/|(?:\$@?|@\$)"|&(?:\w+|#\w+);|[\s\S]/y;

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Leaves the comments out of a policy, because API Management does not keep them, and the Terraform provider would report a difference
 * after each provisioning. Every line keeps its number, so that an error of API Management names the file's own line.
 *
 * @param policy raw XML: what looks like a comment within an expression or a CDATA section belongs to it
 */
export function withoutComments(policy: string): string {
  let kept = "";
  let at = 0;
  for (let found = next(MARKUP, policy, at); found; found = next(MARKUP, policy, at)) {
    const [text] = found;
    const end = text === "@" ? endOfExpression(policy, found.index + 1) : found.index + text.length;
    kept += policy.slice(at, found.index);
    kept += text.startsWith("<!--") ? text.replace(/[^\r\n]/g, "") : policy.slice(found.index, end);
    at = end;
  }
  return kept + policy.slice(at);
}

function next(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * @param at index of the expression's opening bracket
 * @returns the index behind the expression; `at` where none ends. An expression that is written with XML entities holds no raw "<"
 */
function endOfExpression(text: string, at: number): number {
  const end = endOfBrackets(text, at);
  if (end !== "escaped") return end ?? at;
  const tag = text.indexOf("<", at);
  return tag === -1 ? text.length : tag;
}

/** @returns the index behind the partner of the bracket at `at`; "escaped" when an entity stands where C# has none */
function endOfBrackets(text: string, at: number): number | "escaped" | undefined {
  const closing = CLOSING[text[at] ?? ""];
  for (let index = at + 1; index < text.length; ) {
    const token = next(TOKEN, text, index)?.[0] ?? "";
    if (token === closing) return index + 1;
    if (/^&.+;$/.test(token)) return "escaped";
    const end =
      token in CLOSING
        ? endOfBrackets(text, index)
        : /^[$@]{1,2}"$/.test(token)
          ? endOfInterpolated(text, index + token.length, token.includes("@"))
          : index + token.length;
    if (typeof end !== "number") return end;
    index = end;
  }
  return undefined;
}

/** @returns the index behind the quote that ends an interpolated string, whose text begins at `at` */
function endOfInterpolated(text: string, at: number, verbatim: boolean): number | "escaped" | undefined {
  for (let index = at; index < text.length; ) {
    const pair = text.slice(index, index + 2);
    if (pair === "{{" || (verbatim ? pair === '""' : pair.startsWith("\\"))) index += 2;
    else if (pair.startsWith('"')) return index + 1;
    else if (pair.startsWith("{")) {
      const end = endOfBrackets(text, index);
      if (typeof end !== "number") return end;
      index = end;
    } else index += 1;
  }
  return undefined;
}
