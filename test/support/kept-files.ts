import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Reads a JSON file that a program keeps, wherever below its folder.
 *
 * @param ending of its name
 * @returns its content, and how to replace it
 * @throws Error when there is none
 */
export async function keptFile<T>(
  folder: string,
  ending: string,
): Promise<{ readonly content: T; replace(content: T): Promise<void> }> {
  const name = (await readdir(folder, { recursive: true })).find((each) => each.endsWith(ending));
  if (name === undefined) throw new Error(`nothing kept that ends with ${ending}`);
  const path = join(folder, name);
  return {
    content: JSON.parse(await readFile(path, "utf8")) as T,
    replace: (content) => writeFile(path, JSON.stringify(content)),
  };
}
