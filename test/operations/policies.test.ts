import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Component } from "../../twin/component.ts";
import { startTestTwin } from "../support/twin.ts";

const POLICIES = resolve(import.meta.dirname, "../../policies");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "policies-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Fault {
  readonly what: string;
  readonly file: string;
  /** Stands in the file, and is replaced by `broken`. */
  readonly sound: string;
  readonly broken: string;
  /** What stands at the place that the message names, once the file is broken. */
  readonly at: string;
  readonly says: string;
}

const FAULTS: readonly Fault[] = [
  {
    what: "an expression that does not end",
    file: "mcp/api.xml",
    sound: ".Split(' ').Any(",
    broken: ".Split(' '.Any(",
    at: "@{\n        var granted",
    says: "has no end",
  },
  {
    what: "a method that the type does not have",
    file: "mcp/api.xml",
    sound: "context.Api.Path.Trim('/')",
    broken: "context.Api.Path.Trimm('/')",
    at: "Trimm",
    says: 'string has no member "Trimm"',
  },
  {
    what: "an element that is none",
    file: "oauth/token.xml",
    sound: "<rate-limit-by-key",
    broken: "<rate-limit-by-kee",
    at: "<rate-limit-by-kee",
    says: "<rate-limit-by-kee>",
  },
  {
    what: "a tag that is not closed",
    file: "fragments/session-ended.xml",
    sound: "</choose>",
    broken: "",
    at: "</fragment>",
    says: "</choose> is expected",
  },
  {
    what: "a named value that is not there",
    file: "oauth/register.xml",
    sound: "{{rate-limit-register-calls}}",
    broken: "{{rate-limit-register-kalls}}",
    at: "{{rate-limit-register-kalls}}",
    says: '"rate-limit-register-kalls" is not defined',
  },
];

/** Line and column, from 1, of a text that stands in another. */
function place(text: string, part: string): string {
  const before = text.slice(0, text.indexOf(part)).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function processIdsOf(component: Component): readonly number[] {
  return "processIds" in component ? (component.processIds as readonly number[]) : [];
}

describe("a policy that is wrong", () => {
  it.each(FAULTS)("stops the start with file, line and column: $what", async (fault) => {
    const policiesFolder = join(folder, crypto.randomUUID());
    await cp(POLICIES, policiesFolder, { recursive: true });
    const path = join(policiesFolder, fault.file);
    const text = await readFile(path, "utf8");
    const broken = text.replace(fault.sound, fault.broken);
    expect(broken).not.toBe(text);
    await writeFile(path, broken);

    const started: Component[] = [];
    const message = await startTestTwin(
      {},
      { policiesFolder, onReady: (component) => started.push(component) },
    ).then(
      (twin) => twin.stop().then(() => "it started"),
      (error: Error) => error.message,
    );
    expect(message).toMatch(/^[^\n]+$/);
    expect(message.startsWith(`${fault.file}:${place(broken, fault.at)}: `)).toBe(true);
    expect(message).toContain(fault.says);

    for (const component of started) {
      await expect(fetch(component.url)).rejects.toThrow("fetch failed");
      for (const processId of processIdsOf(component)) {
        expect(() => process.kill(processId, 0)).toThrow("ESRCH");
      }
    }
  });
});
