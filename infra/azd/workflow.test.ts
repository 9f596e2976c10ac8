import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../..");
const WORKFLOWS = join(REPOSITORY, ".github/workflows");

interface Job {
  readonly name: string;
  /** Its lines, two levels of indentation taken off. */
  readonly text: string;
}

interface Workflow {
  readonly head: string;
  readonly jobs: readonly Job[];
}

function read(file: string): Workflow {
  const text = readFileSync(join(WORKFLOWS, file), "utf8");
  const [head = "", body = ""] = text.split(/^jobs:\n/m);
  const jobs = [...body.matchAll(/^ {2}([\w-]+):\n((?: {4}.*\n|\n)+)/gm)].map(
    ([, name = "", lines = ""]) => ({
      name,
      text: lines.replace(/^ {4}/gm, ""),
    }),
  );
  return { head, jobs };
}

/** The members of a mapping in a job or at the top, "contents: read" for one. */
function members(text: string, key: string): string[] {
  const [, lines = ""] = new RegExp(`^${key}:\\n((?: {2}.*\\n)+)`, "m").exec(text) ?? [];
  return lines.split("\n").flatMap((line) => (line.trim() ? [line.trim()] : []));
}

const scripts: Record<string, boolean> = JSON.parse(
  readFileSync(join(REPOSITORY, "package.json"), "utf8"),
).allowScripts;
const needed = Object.keys(scripts).filter((name) => scripts[name]);

describe.each(readdirSync(WORKFLOWS))("the workflow %s", (file) => {
  const { head, jobs } = read(file);
  const everything = jobs.map(({ text }) => text).join("\n");
  const deploying = jobs.filter(({ text }) => /\bazd (?:auth|provision|deploy|up|down)\b/.test(text));
  const steps = [...everything.matchAll(/^ *(?:- )?run: (?:\|\n((?: {6,}.*\n)+)|(.+)\n)/gm)].map(
    ([, several = "", one = ""]) => several || one,
  );

  it("has jobs, one of which deploys", () => {
    expect(jobs.length).toBeGreaterThan(1);
    expect(deploying).toHaveLength(1);
    expect(steps.length).toBeGreaterThan(5);
  });

  it("pins each action by the commit of a release, not by a tag that may be moved", () => {
    const uses = [...everything.matchAll(/^ *- uses: (.+)$/gm)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("gives no job more than it needs, and an identity to the one that deploys alone", () => {
    expect(head).toMatch(/^permissions: \{\}$/m);
    for (const job of jobs) {
      const identity = deploying.includes(job) ? ["id-token: write"] : [];
      expect([job.name, ...members(job.text, "permissions")]).toEqual([
        job.name,
        "contents: read",
        ...identity,
      ]);
    }
    expect(`${head}${everything}`).not.toMatch(/\bsecrets\.|pull_request_target/);
  });

  it("deploys after the tests have passed, in an environment that can ask for approval and holds the identity", () => {
    for (const { text } of deploying) {
      const [, before = ""] = /^needs: ([\w-]+)$/m.exec(text) ?? [];
      const tests = jobs.find(({ name }) => name === before)?.text ?? "";
      for (const command of ["npm run types", "npm run lint", "npm test"]) {
        expect(tests).toContain(`- run: ${command}\n`);
      }
      expect(tests).not.toMatch(/continue-on-error|^if:/m);
      expect(text).toMatch(/^environment: [\w-]+$/m);
      expect(text).not.toMatch(/^if:/m);
    }
  });

  it("runs no install script but those that package.json allows", () => {
    const npm = steps
      .flatMap((step) => step.split("\n"))
      .filter((line) => /\b(?:npm|npx|yarn|pnpm)\b/.test(line));
    const installing = npm
      .map((line) => line.trim())
      .filter((line) => !/^npm (?:run [\w:-]+|test)$/.test(line));
    expect([...new Set(installing)]).toEqual(["npm ci --ignore-scripts", `npm rebuild ${needed.join(" ")}`]);
    for (const { text } of jobs) {
      const commands = [...text.matchAll(/^ *- run: (npm .+)$/gm)].map(([, command]) => command);
      expect(commands.slice(0, 2)).toEqual(["npm ci --ignore-scripts", `npm rebuild ${needed.join(" ")}`]);
    }
  });

  it("leaves no token in the checkout, takes no cache into the deployment, and puts no expression into a script", () => {
    const checkouts =
      everything.match(/uses: actions\/checkout@.*\n +with:\n +persist-credentials: false\n/g) ?? [];
    expect(checkouts).toHaveLength(everything.match(/uses: actions\/checkout@/g)?.length ?? 0);
    for (const { text } of deploying) {
      expect(text).not.toMatch(/^ +cache: /m);
      expect(text).toMatch(/package-manager-cache: false/);
    }
    for (const step of steps) expect(step).not.toContain("${{");
  });

  it("bounds how long a job may take", () => {
    for (const { text } of jobs) expect(text).toMatch(/^timeout-minutes: \d+$/m);
  });
});
