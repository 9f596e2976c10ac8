import { type SettingRow, settingsTable } from "./table.ts";

/** @returns SETTINGS.md, as Markdown */
export function settingsDocument(): string {
  const rows = (Object.entries(settingsTable) as [string, SettingRow][]).map(
    ([name, { default: value, meaning, bounds }]) =>
      `| \`${name}\` | ${value === "" ? "–" : `\`${value}\``} | ${meaning} | ${bounds} |`,
  );
  return [
    "# Settings of a deployment",
    "",
    "Set one with `azd env set <name> <value>`, then run `azd provision`. azd itself asks for the subscription and the",
    "location (`AZURE_SUBSCRIPTION_ID`, `AZURE_LOCATION`). What the gateway serves stands in `gateway.config.ts`.",
    "",
    "This file is written by `npm run infra:settings` from `infra/settings/table.ts`.",
    "",
    "| Setting | Default | Meaning | Allowed |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
