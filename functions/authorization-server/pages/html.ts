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

/** Template tag: text insertions are escaped, `Html` ones are not, undefined and false vanish. */
export function html(parts: TemplateStringsArray, ...insertions: readonly Insertion[]): Html {
  return new Html(parts.map((part, index) => part + markupOf(insertions[index])).join(""));
}

function markupOf(insertion: Insertion): string {
  if (insertion === undefined || insertion === false) return "";
  if (insertion instanceof Html) return insertion.markup;
  if (typeof insertion === "object") return insertion.map(markupOf).join("");
  return String(insertion).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
