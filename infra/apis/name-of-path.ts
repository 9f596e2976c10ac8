import { createHash } from "node:crypto";

/** With a route's name before it, a name has to fit into the 80 characters that API Management takes for an operation's. */
const LONGEST = 40;
const DIGEST_LENGTH = 8;

/**
 * Names what serves a path after the path. Terraform then updates it in place, whatever server is at that path; named after the
 * server, the new resource and the old one would race for the path.
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
