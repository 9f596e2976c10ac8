import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PolicySource } from "../apis/description.ts";
import { withoutComments } from "./without-comments.ts";

export const POLICIES_FOLDER = resolve(import.meta.dirname, "../../policies");

/** Which rules of API Management a policy has to fit. */
export type PolicyDialect = "full" | "consumption";

/**
 * @param policy a policy file, relative to `policies/`, or the policy itself
 * @returns the policy as API Management gets it: without comments, and in the Consumption tier, which takes 16 KB, without rate
 *   limits and indentation
 */
export function readPolicy(policy: PolicySource, dialect: PolicyDialect): string {
  const source =
    typeof policy === "string" ? readFileSync(join(POLICIES_FOLDER, policy), "utf8") : policy.xml;
  const text = withoutComments(source);
  return dialect === "consumption" ? withoutRateLimits(text).replace(/^[ \t]+/gm, "") : text;
}

/**
 * The Consumption tier refuses a policy with `rate-limit-by-key`, so it goes; nothing else changes.
 *
 * @throws Error when one of them is not an empty element
 */
export function withoutRateLimits(policy: string): string {
  const [before = "", ...elements] = policy.split(/^[ \t]*<rate-limit-by-key\b/m);
  return elements.reduce((text, element) => {
    const end = element.indexOf("/>");
    if (end < 0) throw new Error("rate-limit-by-key is expected to be an empty element");
    return text + element.slice(end + "/>".length).replace(/^\r?\n/, "");
  }, before);
}
