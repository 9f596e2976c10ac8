/** A comment, a CDATA section, or the "@" of an expression. */
const MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|@(?=[({])/g;

/**
 * One token of C#, as far as it takes to find the end of an expression: a whole string, character or
 * comment, the beginning of an interpolated string, an XML entity, or any other character.
 */
const TOKEN =
  /@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.[^'\n]*)'|\/\/.*|\/\*[\s\S]*?\*\/|(?:\$@?|@\$)"|&(?:\w+|#\w+);|[\s\S]/y;

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Removes the comments from a policy. API Management does not keep them, so the Terraform provider
 * would report a difference after each provisioning. Line breaks stay: an error of API Management
 * then names the line of the file.
 *
 * @param policy raw XML. What looks like a comment inside an expression or a CDATA section is kept
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
 * @returns the index behind the expression; `at` when the expression has no end. An expression that
 *   is written with XML entities contains no raw "<", so it ends before the next tag
 */
function endOfExpression(text: string, at: number): number {
  const end = endOfBrackets(text, at);
  if (end !== "escaped") return end ?? at;
  const tag = text.indexOf("<", at);
  return tag === -1 ? text.length : tag;
}

/** @returns the index behind the closing bracket; "escaped" when C# is written with XML entities */
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

/** @returns the index behind the closing quote of an interpolated string; its text begins at `at` */
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
