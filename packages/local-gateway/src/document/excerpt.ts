import type { Position, SourceFile } from "./position.ts";

interface Piece {
  readonly text: string;
  readonly offset: number;
  /** The text isn't the file's own (a named value, an entity): all of it stands at `offset`. */
  readonly replaced: boolean;
}

/** Text taken from a policy file, decoded or with values put in, that still knows where each character came from. */
export class Excerpt {
  readonly text: string;
  readonly file: SourceFile;
  readonly #pieces: readonly Piece[];

  constructor(file: SourceFile, pieces: readonly Piece[]) {
    this.file = file;
    this.#pieces = pieces;
    this.text = pieces.map((piece) => piece.text).join("");
  }

  /** The file's own text between two offsets. */
  static of(file: SourceFile, start: number, end: number): Excerpt {
    return new Excerpt(file, [{ text: file.text.slice(start, end), offset: start, replaced: false }]);
  }

  /** Where the character at `index` of this text stands in the file. */
  position(index: number): Position {
    let start = 0;
    let offset = this.#pieces[0]?.offset ?? 0;
    for (const piece of this.#pieces) {
      offset = piece.replaced ? piece.offset : piece.offset + Math.min(index - start, piece.text.length);
      if (index < start + piece.text.length) break;
      start += piece.text.length;
    }
    return this.file.position(offset);
  }

  /** The part of this excerpt between two indexes of its text. */
  slice(from: number, to: number = this.text.length): Excerpt {
    const pieces: Piece[] = [];
    let start = 0;
    for (const piece of this.#pieces) {
      const first = Math.max(from - start, 0);
      const last = Math.min(to - start, piece.text.length);
      if (first < last) {
        pieces.push({
          text: piece.text.slice(first, last),
          offset: piece.replaced ? piece.offset : piece.offset + first,
          replaced: piece.replaced,
        });
      }
      start += piece.text.length;
    }
    if (pieces.length === 0) {
      const anchor = this.#pieces[0];
      if (anchor) pieces.push({ text: "", offset: anchor.offset, replaced: true });
    }
    return new Excerpt(this.file, pieces);
  }

  /** Blanks at both ends removed. */
  trim(): Excerpt {
    const first = this.text.length - this.text.trimStart().length;
    return this.slice(first, Math.max(first, this.text.trimEnd().length));
  }

  /** This excerpt with the text between two indexes replaced by another, which stands where the old one began. */
  replace(from: number, to: number, text: string): Excerpt {
    const before = this.slice(0, from).#pieces;
    const after = this.slice(to).#pieces;
    const first = this.slice(from, to).#pieces[0];
    return new Excerpt(this.file, [
      ...before,
      { text, offset: first?.offset ?? 0, replaced: true },
      ...after,
    ]);
  }

  static join(file: SourceFile, excerpts: readonly Excerpt[]): Excerpt {
    return new Excerpt(
      file,
      excerpts.flatMap((excerpt) => excerpt.#pieces),
    );
  }
}
