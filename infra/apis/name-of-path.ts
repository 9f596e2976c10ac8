import { createHash } from "node:crypto";

/** An operation's name is a route's name and this; API Management allows 80 characters. */
const LONGEST = 40;
const DIGEST_LENGTH = 8;

/**
 * Names an API or an operation after the path that it serves. Terraform then updates it in place when
 * another server takes the path. If the name came from the server, the new resource and the old one
 * would race for the path.
 *
 * @param path of an MCP endpoint, with a leading slash
 * @returns letters, digits, "-" and "_", at most 40; another for each path
 */
export function nameOfPath(path: string): string {
  // A path has no "_" and no "//", so no path is named as another one is shortened.
  const name = path.slice(1).replaceAll("/", "_");
  if (name.length <= LONGEST && !name.endsWith("-")) return name;
  const digest = createHash("sha256").update(path).digest("hex").slice(0, DIGEST_LENGTH);
  return `${name.slice(0, LONGEST - DIGEST_LENGTH - 2)}__${digest}`;
}
