/** Markup that is safe to send: everything that came from outside was escaped when it was put in. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Insertion = string | number | Html | readonly Html[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const SPECIAL = /[&<>"']/;
const ALL_SPECIAL = /[&<>"']/g;

/** Template tag: text insertions are escaped, `Html` ones are not, undefined and false vanish. */
export function html(parts: TemplateStringsArray, ...insertions: readonly Insertion[]): Html {
  let markup = parts[0] ?? "";
  for (let index = 0; index < insertions.length; index++) {
    markup += markupOf(insertions[index]) + parts[index + 1];
  }
  return new Html(markup);
}

function markupOf(insertion: Insertion): string {
  if (insertion === undefined || insertion === false) return "";
  if (insertion instanceof Html) return insertion.markup;
  if (typeof insertion === "object") return insertion.map(markupOf).join("");
  const text = String(insertion);
  // Hardly any text has one.
  if (!SPECIAL.test(text)) return text;
  return text.replace(ALL_SPECIAL, (character) => ENTITIES[character] ?? character);
}
