import { type SettingRow, settingsTable } from "./table.ts";

/** @returns SETTINGS.md, as Markdown in the project's own formatting */
export function settingsDocument(): string {
  const rows = (Object.entries(settingsTable) as [string, SettingRow][]).map(
    ([name, { default: value, meaning, bounds }]) => [
      `\`${name}\``,
      value === "" ? "–" : `\`${value}\``,
      meaning,
      bounds,
    ],
  );
  return [
    "# Settings of a deployment",
    "",
    "Set one with `azd env set <name> <value>`, then run `azd provision`. azd itself asks for the subscription and the",
    "location (`AZURE_SUBSCRIPTION_ID`, `AZURE_LOCATION`). What the gateway serves stands in `gateway.config.ts`.",
    "",
    "This file is written by `npm run infra:settings` from `infra/settings/table.ts`.",
    "",
    ...table(["Setting", "Default", "Meaning", "Allowed"], rows),
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
