import { COLUMNS, type Trial } from "./try.ts";

/** The rows of docs/clients.md, as Markdown, and below them why a step was not played. */
export function table(trials: readonly Trial[]): string {
  const lines = [
    COLUMNS,
    COLUMNS.map(() => "---"),
    ...trials.map(({ row }) => COLUMNS.map((column) => row[column])),
  ];
  const reasons = trials.flatMap((trial) => trial.reasons);
  return [
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    ...reasons.map((reason) => `- ${reason}`),
    "",
  ].join("\n");
}
