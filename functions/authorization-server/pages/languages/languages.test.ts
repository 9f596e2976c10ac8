import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGE_TAGS } from "../../../../config/language-tags.ts";
import { checkLanguages } from "../../../build.ts";
import { html } from "../html.ts";
import type { Language } from "./language.ts";
import { languages } from "./languages.ts";
import { allOf, anyOf } from "./list.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");

describe.each(Object.entries<Language>(languages))("the language %s", (tag, language) => {
  it("is called what the list calls it, as BCP 47 writes it", () => {
    expect(language.tag).toBe(tag);
    expect(Intl.getCanonicalLocales(tag)).toEqual([tag]);
    expect(Intl.ListFormat.supportedLocalesOf([tag])).toEqual([tag]);
  });

  it("has no text that is empty, or that begins or ends with a blank", () => {
    for (const text of textsOf(language)) expect(text).toMatch(/^\S(.*\S)?$/s);
  });

  it("says the names that are put in, and keeps them escaped", () => {
    const name = html`${"<Name>"}`;
    const { account, consent, deniedEarlier, error, foreignTenant, noAccess, quoted } = language;
    for (const { markup } of [
      account.introductionOfAnother(name),
      account.signedInAs(name),
      error.linkLeadsTo(name),
      error.quoteForHelp(name),
    ]) {
      expect(markup).toContain("&lt;Name&gt;");
    }
    expect(consent.serverChosen("Server", "URL")).toMatch(/Server.*URL/);
    for (const text of [
      consent.question("Name"),
      deniedEarlier.text("Name"),
      consent.permissionAt("Name", "Other"),
      consent.verifiedPublisher("Name"),
      consent.knowTheHost("Name"),
      account.publishedBy("Name"),
      account.reachedAt("Name"),
      account.applicationOnADevice("Name"),
      account.whatLastUsedMeans("Name"),
      account.whatHappens("Name"),
      account.whatHappensToAll("Name"),
      noAccess.title("Name"),
      noAccess.text("Name"),
      noAccess.textOfGroups("Name"),
      noAccess.textOfEither("Name", "Other"),
      noAccess.textOfEither("Other", "Name"),
      noAccess.unknownTitle("Name"),
      foreignTenant.title("Name"),
      quoted("Name"),
    ]) {
      expect(text).toContain("Name");
    }
  });

  it("GW-8 is spoken by the gateway's own page in the same words", async () => {
    const policy = await readFile(join(REPOSITORY, "policies/fragments/sign-in-error.xml"), "utf8");
    const { title, unavailableTitle, tooManyRequestsTitle, waitAndStartAgain, quoteForHelp } = language.error;
    const [beforeId = ""] = quoteForHelp(html`|`).markup.split("|");
    for (const words of [
      title,
      unavailableTitle,
      tooManyRequestsTitle,
      `<p>${waitAndStartAgain}</p>`,
      beforeId,
    ]) {
      expect(policy).toContain(words);
    }
    expect(policy).toContain(`lang=\\"${tag}\\"`);
    expect(policy).toContain(`<value>${LANGUAGE_TAGS.join(", ")}</value>`);
  });
});

/** Every text without an insertion. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe("lists", () => {
  it("are the language's own", () => {
    const items = ["a", "b", "c"];
    expect(allOf(languages.en, items)).toBe("a, b, and c");
    expect(allOf(languages.de, items)).toBe("a, b und c");
    expect(anyOf(languages.en, ["a", "b"])).toBe("a or b");
    expect(anyOf(languages.de, ["a", "b"].map(languages.de.quoted))).toBe("„a“ oder „b“");
    expect(allOf(languages.de, ["a"])).toBe("a");
  });
});

describe("the build", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "languages-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const PAGES = "functions/authorization-server/pages";

  /** Checks a copy of the languages, one line of the German one changed. */
  async function checkWith(line: string, replacement: string): Promise<void> {
    const copy = await mkdtemp(join(folder, "copy-"));
    const languagesFolder = join(copy, PAGES, "languages");
    await mkdir(languagesFolder, { recursive: true });
    for (const file of [
      "package.json",
      "tsconfig.json",
      "config/language-tags.ts",
      "functions/authorization-server/audit/events.ts",
      "functions/authorization-server/errors.ts",
      `${PAGES}/html.ts`,
    ]) {
      await cp(join(REPOSITORY, file), join(copy, file));
    }
    await cp(import.meta.dirname, languagesFolder, { recursive: true });
    const german = join(languagesFolder, "de.ts");
    const text = await readFile(german, "utf8");
    expect(text).toContain(line);
    await writeFile(german, text.replace(line, replacement));
    await checkLanguages(languagesFolder);
  }
  const LINE = '    privacy: "Datenschutz",\n';

  it("takes the languages as they are", async () => {
    await checkWith(LINE, LINE);
  });

  it.each([
    ["lacks a text", "", /de\.ts.*privacy/s],
    ["has one that no page asks for", `${LINE}    imprint: "Impressum",\n`, /de\.ts.*imprint/s],
    ["lacks what is put in", "    privacy: (name: string) => name,\n", /de\.ts.*Type .\(name: string\)/s],
  ])("fails when a language %s", async (_, replacement, message) => {
    await expect(checkWith(LINE, replacement)).rejects.toThrow(message);
  });
});
