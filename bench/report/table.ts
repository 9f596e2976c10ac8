export function number(value: number | undefined, digits?: number): string {
  if (value === undefined) return "–";
  return value.toFixed(digits ?? (value < 100 ? 2 : 0));
}

/** A Markdown table whose first column holds words and the others figures. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = headings.map((_, index) => (index === 0 ? "---" : "--:"));
  return [line(headings), line(rule), ...rows.map(line)].join("\n");
}
