import type { Examined, Outcome } from "../examine.ts";
import type { Finding } from "../finding.ts";

export interface TableOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Words, so that the table says the same without colour. */
const WORDS: Readonly<Record<Outcome, string>> = {
  fine: "ok",
  info: "ok",
  warning: "warning",
  error: "WRONG",
  "not-checked": "-",
};
/** ANSI "select graphic rendition" parameters. */
const COLOURS: Readonly<Record<Outcome, string>> = {
  fine: "32",
  info: "32",
  warning: "33",
  error: "1;31",
  "not-checked": "2",
};

const COMMAND = /^(az|azd|npm|terraform) /;

const WORD_COLUMN = 9;
const TITLE_COLUMN = 31;
const INDENT = WORD_COLUMN;
const NARROWEST = 60;

/** @returns one check's lines: the verdict, and under it each finding with its reason and what mends it */
export function checkLines(
  { check, outcome, findings, fine, notChecked }: Examined,
  options: TableOptions,
): string {
  const paint = painter(options);
  const word = paint(COLOURS[outcome], WORDS[outcome].padEnd(WORD_COLUMN));
  const note =
    findings.length > 0 && outcome !== "info" ? "" : notChecked ? `not checked: ${notChecked}` : fine;
  const lines = wrap(note ?? "", options.width - WORD_COLUMN - TITLE_COLUMN);
  const [first = "", ...rest] = outcome === "not-checked" ? lines.map((line) => paint("2", line)) : lines;
  return [
    `${word}${check.title.padEnd(TITLE_COLUMN)}${first}`.trimEnd(),
    ...rest.map((line) => " ".repeat(WORD_COLUMN + TITLE_COLUMN) + line),
    ...findings.flatMap((finding) => findingLines(finding, options)),
  ].join("\n");
}

function findingLines({ code, level, what, why, mend }: Finding, options: TableOptions): string[] {
  const paint = painter(options);
  const width = Math.max(options.width, NARROWEST) - INDENT;
  const indent = " ".repeat(INDENT);
  return [
    ...wrap(`${code}: ${what}`, width).map((line, index) =>
      index === 0
        ? indent + paint(COLOURS[level === "info" ? "not-checked" : level], code) + line.slice(code.length)
        : indent + line,
    ),
    ...wrap(why, width).map((line) => indent + paint("2", line)),
    // Never wrapped: commands are there to be copied.
    ...mend.map((line) => indent + (COMMAND.test(line) ? paint("36", `$ ${line}`) : `> ${line}`)),
  ];
}

/** @returns the last lines: how many of each, and what was left out */
export function summaryLines(
  all: readonly Examined[],
  options: TableOptions & { readonly local: boolean },
): string {
  const paint = painter(options);
  const count = (outcome: Outcome) => all.filter((examined) => examined.outcome === outcome).length;
  const wrong = count("error");
  const warnings = count("warning");
  const verdict =
    wrong > 0
      ? paint(COLOURS.error, `${wrong} ${wrong === 1 ? "check finds" : "checks find"} something wrong.`)
      : paint(COLOURS.fine, "Nothing is wrong.");
  const counts = [
    `${count("fine") + count("info")} ok`,
    ...(warnings > 0 ? [`${warnings} with a warning`] : []),
    `${count("not-checked")} not checked`,
  ].join(", ");
  const azure =
    options.local && wrong > 0
      ? ["This gateway runs on this machine: az and azd commands are for one in Azure."]
      : [];
  return ["", `${verdict} ${counts}.`, ...azure, ""].join("\n");
}

function painter({ colour }: TableOptions): (parameters: string, text: string) => string {
  return (parameters, text) => (colour && text ? `\u001b[${parameters}m${text}\u001b[0m` : text);
}

/** Breaks text at blanks; a word that is longer than the line stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter(Boolean)) {
    if (line && line.length + 1 + word.length > Math.max(width, 20)) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
}
