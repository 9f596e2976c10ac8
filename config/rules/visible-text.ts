/** Controls, formatting and bidirectional characters, surrogates, private-use and unassigned ones, and all that Unicode has renderers ignore. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Spaces of any width, and characters that Unicode counts as letters or symbols although their glyphs are empty: the braille pattern
 * without dots, the object replacement character, the blanks of Egyptian hieroglyphs, the Khitan filler, the note without a head.
 */
const BLANK = /[\p{Zs}\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}]+/gu;

/**
 * Leaves of a text that a client gives only what a person can see: characters that show nothing, or turn the text around, could
 * make it read as another. Each run of blanks becomes one space.
 */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, "").replace(BLANK, " ").trim();
}
