import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** WCAG 2.2, levels A and AA, and what axe-core holds for good practice besides. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Examines the page that is shown, from outside: its policy, which allows no script, stays as it is.
 *
 * @returns what violates a rule, as "rule: element"; and what axe-core could not decide about contrast
 */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = JSON.stringify({ runOnly: TAGS, resultTypes: ["violations", "incomplete"] });
  // Every rule that holds has a long account of itself, too; their number is enough.
  const {
    violations: found,
    incomplete,
    passes,
  } = await page.evaluate<Pick<AxeResults, "violations" | "incomplete"> & { readonly passes: number }>(
    `axe.run(document, ${options}).then(({ violations, incomplete, passes }) =>
      ({ violations, incomplete, passes: passes.length }))`,
  );
  if (passes === 0) throw new Error("axe-core examined nothing");
  const undecided = incomplete.filter(({ id }) => id === "color-contrast");
  return [...found, ...undecided].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
