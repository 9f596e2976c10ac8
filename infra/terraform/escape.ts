/**
 * Escapes text for a Terraform string, in which `${…}` and `%{…}` are templates. CDKTF does not.
 *
 * @param text must hold no CDKTF token
 */
export function escapeTemplates(text: string): string {
  return text.replace(/([$%])\{/g, (_, sign: string) => `${sign}${sign}{`);
}

/** The inverse of `escapeTemplates`: what Terraform makes of the text. */
export function unescapeTemplates(text: string): string {
  return text.replace(/([$%])\1\{/g, (_, sign: string) => `${sign}{`);
}

/** Escapes every string in a plain value, at any depth. */
export function escapeAllTemplates<T>(value: T): T {
  if (typeof value === "string") return escapeTemplates(value) as T;
  if (Array.isArray(value)) return value.map(escapeAllTemplates) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escapeAllTemplates(each)])) as T;
}
