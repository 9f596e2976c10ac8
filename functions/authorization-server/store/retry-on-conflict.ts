import { type Stored, StoreError } from "./documents.ts";

const ATTEMPTS = 5;

/** Says that somebody else wrote the document first, so that a conditional write did nothing. */
export const CONFLICT = Symbol("conflict");

/**
 * Acts on a document, and again on its new version when somebody else wrote it meanwhile (optimistic concurrency control).
 *
 * @param document.name for the error
 * @param document.read reads the current version: one point read
 * @param document.first a version that was read before; left out, it is read
 * @param act is given undefined when there is no such document; returns CONFLICT when its conditional write did nothing
 * @throws StoreError `unavailable` when the document keeps changing
 */
export async function retryOnConflict<T, R>(
  document: {
    readonly name: string;
    readonly read: () => Promise<Stored<T> | undefined>;
    readonly first?: Stored<T>;
  },
  act: (stored: Stored<T> | undefined) => Promise<R | typeof CONFLICT>,
): Promise<R> {
  let stored = document.first ?? (await document.read());
  for (let attempt = 1; ; attempt++) {
    const result = await act(stored);
    if (result !== CONFLICT) return result;
    if (attempt === ATTEMPTS) break;
    stored = await document.read();
  }
  throw new StoreError("unavailable", { cause: new Error(`the ${document.name} kept changing`) });
}
