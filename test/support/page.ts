/** What a person sees. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly title: string;
}

/** A form as the person can send it by one of its buttons. */
export interface Form {
  readonly action: URL;
  readonly fields: Readonly<Record<string, string>>;
  /** Its boxes that are ticked when the page is shown. */
  readonly ticked: readonly { readonly name: string; readonly value: string }[];
  readonly buttons: readonly { readonly name: string; readonly value: string; readonly label: string }[];
}

/** Reads the response to a navigation. */
export async function readPage(url: URL, response: Response): Promise<Page> {
  const html = await response.text();
  const title = plainText(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "");
  return { url, status: response.status, headers: response.headers, html, title };
}

/** @throws Error when the page has no form */
export function formOf(page: Page): Form {
  const [, opening, content] = /<form\b([^>]*)>(.*?)<\/form>/s.exec(page.html) ?? [];
  if (opening === undefined || content === undefined) {
    throw new Error(`no form on the page "${page.title}" (${page.status})`);
  }
  const { action = "", id } = attributes(opening);
  const inputsIn = (markup: string) =>
    [...markup.matchAll(/<input\b([^>]*)>/g)].map(([, written = ""]) => ({
      name: "",
      value: "",
      ...attributes(written),
      isTicked: / checked(?= |$)/.test(written),
    }));
  const elsewhere = inputsIn(page.html).filter((input) => "form" in input && input["form"] === id);
  const inputs = [...inputsIn(content), ...elsewhere];
  const isBox = (input: object) => "type" in input && input.type === "checkbox";
  return {
    action: new URL(action, page.url),
    fields: Object.fromEntries(inputs.filter((each) => !isBox(each)).map(({ name, value }) => [name, value])),
    ticked: inputs.filter((each) => isBox(each) && each.isTicked).map(({ name, value }) => ({ name, value })),
    buttons: [...content.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gs)].map((match) => {
      const { name = "", value = "" } = attributes(match[1] ?? "");
      return { name, value, label: plainText(match[2] ?? "") };
    }),
  };
}

/** Whether a script of the page sends its form as soon as the page is there, as Entra's does with its answer. */
export function sendsItself(page: Page): boolean {
  return /<script>document\.forms\[0\]\.submit\(\);<\/script>/.test(page.html);
}

/** @returns where the page's links lead, as a browser would read them */
export function linksOf(page: Page): string[] {
  return [...page.html.matchAll(/<a\b([^>]*)>/g)].map((match) => attributes(match[1] ?? "")["href"] ?? "");
}

/** @returns what a reader sees of markup */
export function plainText(markup: string): string {
  return decodeEntities(markup.replace(/<style>.*?<\/style>/gs, "").replace(/<[^>]*>/g, " "))
    .replace(/\s+/g, " ")
    .trim();
}

function attributes(tag: string): Record<string, string> {
  return Object.fromEntries(
    [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map((match) => [match[1] ?? "", decodeEntities(match[2] ?? "")]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[name ?? ""] ?? whole),
  );
}
