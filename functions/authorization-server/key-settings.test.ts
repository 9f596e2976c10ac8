import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readSettings } from "../platform/settings.ts";
import { keySource, settingsSchema } from "./settings.ts";

const keySettings = z.object({
  KEY_VAULT_URL: settingsSchema.shape.KEY_VAULT_URL,
  KEY_VAULT_SIGNING_KEY: settingsSchema.shape.KEY_VAULT_SIGNING_KEY,
  KEY_VAULT_WRAPPING_KEY: settingsSchema.shape.KEY_VAULT_WRAPPING_KEY,
  SIGNING_KEY_ACTIVATION_SECONDS: settingsSchema.shape.SIGNING_KEY_ACTIVATION_SECONDS,
  DATA_KEY_PERIOD_SECONDS: settingsSchema.shape.DATA_KEY_PERIOD_SECONDS,
  KEY_FOLDER: settingsSchema.shape.KEY_FOLDER,
});
const read = (environment: Record<string, string>) => readSettings(keySettings, environment);
const vault = { KEY_VAULT_URL: "https://v.vault.azure.net" };

describe("the settings of the keys", () => {
  it("name a vault, with defaults for everything else", () => {
    const settings = read(vault);
    expect(keySource(settings)).toEqual({ vault: "https://v.vault.azure.net" });
    expect(settings).toMatchObject({
      KEY_VAULT_SIGNING_KEY: "signing",
      KEY_VAULT_WRAPPING_KEY: "wrapping",
      SIGNING_KEY_ACTIVATION_SECONDS: 7200,
      DATA_KEY_PERIOD_SECONDS: 7_776_000,
    });
  });

  it("or name a folder", () => {
    expect(keySource(read({ KEY_FOLDER: "keys" }))).toEqual({ folder: "keys" });
  });

  it("but not both, and not neither", () => {
    expect(() => keySource(read({}))).toThrow("Neither KEY_VAULT_URL nor KEY_FOLDER is set");
    expect(() => keySource(read({ ...vault, KEY_FOLDER: "keys" }))).toThrow(
      "KEY_VAULT_URL and KEY_FOLDER are both set",
    );
  });

  it.each([
    ["KEY_VAULT_URL", "http://v.vault.azure.net"],
    ["KEY_VAULT_URL", "v.vault.azure.net"],
    ["KEY_VAULT_SIGNING_KEY", "a/b"],
    ["KEY_VAULT_WRAPPING_KEY", ""],
    ["SIGNING_KEY_ACTIVATION_SECONDS", ""],
    ["SIGNING_KEY_ACTIVATION_SECONDS", "-1"],
    ["SIGNING_KEY_ACTIVATION_SECONDS", "604801"],
    ["DATA_KEY_PERIOD_SECONDS", "3600"],
    ["DATA_KEY_PERIOD_SECONDS", "1e9"],
  ])("refuse %s=%s", (name, value) => {
    expect(() => read({ ...vault, [name]: value })).toThrow(`${name}: `);
  });
});
