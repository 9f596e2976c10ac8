import { LANGUAGE_TAGS } from "../../../config/language-tags.ts";
import { type LocalText, textIn } from "../../../config/local-text.ts";
import type { ResolvedGateway } from "../../../config/resolve.ts";
import { acceptedLanguage } from "./languages/accept-language.ts";
import type { Language } from "./languages/language.ts";
import { languages } from "./languages/languages.ts";

/** How pages look and speak to one person: the operator's branding, in the language of the browser. */
export interface Presentation {
  readonly gatewayName: string;
  readonly branding: ResolvedGateway["branding"];
  readonly language: Language;
  /** @returns the operator's text in the person's language, or in the default one */
  readonly text: (text: LocalText) => string;
}

/** What of the configuration pages show. */
export type Presented = Pick<ResolvedGateway, "name" | "branding" | "defaultLanguage">;

/** @param request of the person's browser, whose `Accept-Language` decides */
export function presentationFor(
  { name, branding, defaultLanguage }: Presented,
  request: Request,
): Presentation {
  const tag = acceptedLanguage(request.headers.get("accept-language"), LANGUAGE_TAGS, defaultLanguage);
  return {
    gatewayName: name,
    branding,
    language: languages[tag],
    text: (text) => textIn(text, tag, defaultLanguage),
  };
}
