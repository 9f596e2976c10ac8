import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { GatewayDescription } from "../description.ts";

const text = z.string().min(1);
const webUrl = z.url({ protocol: /^https?$/, error: "an http or https URL is expected" });

const operation = z.strictObject({
  name: text,
  displayName: text,
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]),
  urlTemplate: z.string().startsWith("/"),
  policy: z.exactOptional(z.union([text, z.strictObject({ name: text, xml: text })])),
});

const api = z.strictObject({
  name: text,
  displayName: text,
  path: z.string().regex(/^(?!\/).*(?<!\/)$/, "a path without slashes at its ends is expected"),
  serviceUrl: webUrl,
  policy: text,
  operations: z.array(operation),
});

const description = z.strictObject({
  $schema: z.exactOptional(z.string()),
  origin: webUrl.refine((url) => URL.canParse(url) && new URL(url).origin === url, {
    error: "an origin is expected: scheme, host and port, nothing else",
  }),
  apis: z.array(api),
  fragments: z.array(z.strictObject({ id: text, policy: text })).default([]),
  namedValues: z
    .array(z.strictObject({ name: text, value: z.string(), secret: z.exactOptional(z.boolean()) }))
    .default([]),
});

/**
 * Reads a gateway's description from a JSON file.
 *
 * @throws Error that begins with the file, and names the first field that is wrong
 */
export async function readDescriptionFile(file: string): Promise<GatewayDescription> {
  const content = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`${file}: the file cannot be read: ${cause.message}`, { cause });
  });
  const { success, data, error } = description.safeParse(parseJson(content, file));
  if (success) {
    const { origin, apis, fragments, namedValues } = data;
    return { origin, apis, fragments, namedValues };
  }
  const [first] = error.issues;
  throw new Error(`${file}: ${fieldName(first?.path ?? [])}: ${first?.message}`);
}

function parseJson(content: string, file: string): unknown {
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new Error(`${file}: this is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** `apis[0].operations[1].method`. */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  return name === "" ? "the whole file" : name;
}
