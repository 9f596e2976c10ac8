import { shownName } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";

/**
 * A client's name in a block of its own, apart from every sentence: whatever it says, it does not become our words.
 *
 * @param isConfigured whether the operator entered the name
 */
export function namedClient(language: Language, name: string, isConfigured = false): Html {
  const { text } = shownName(name, language);
  return html`
<div class="client-name">
<p class="quiet">${isConfigured ? language.client.application : language.client.callsItself}</p>
<p class="name">${isolated(text)}</p>
${wholeName(language, name)}
</div>`;
}

/** A name that is written from right to left must not turn around what stands beside it. */
export function isolated(name: string): Html {
  return html`<bdi>${name}</bdi>`;
}

/** The whole of a name that is shown shortened, for those who open it. */
export function wholeName(language: Language, name: string): Html | undefined {
  const { whole } = shownName(name, language);
  if (whole === undefined) return undefined;
  return html`<details><summary>${language.client.wholeName}</summary><p class="name">${isolated(whole)}</p></details>`;
}
