import type { Trial } from "./try.ts";

/** The rows of docs/clients.md, as Markdown. */
export function table(trials: readonly Trial[]): string {
  const rows = trials.map(
    ({ program, version, identifies, redirectUri, calls, refreshes, afterRevocation, recovers }) =>
      [
        `${program.name} ${version}`,
        identifies,
        `\`${redirectUri}\``,
        calls ? "yes" : "**no**",
        refreshes ? "refreshes" : "**does not refresh**",
        recovers ? afterRevocation : `${afterRevocation}, **and fails**`,
      ].join(" | "),
  );
  return `| Client | Identifies itself by | Redirect URI | Calls | When a token ends | After a revocation |
|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |\n`).join("")}`;
}
