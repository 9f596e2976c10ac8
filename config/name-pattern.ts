/**
 * @param pattern of a rule: `*` stands for any characters, also none
 * @param other another pattern
 * @returns whether the pattern matches whatever the other one matches
 * @example covers("delete_*", "delete_all*") // true
 */
export function covers(pattern: string, other: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(other);
}
