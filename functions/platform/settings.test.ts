import { describe, expect, it } from "vitest";
import { z } from "zod";
import { entraSettings, readSettings, SettingsError } from "./settings.ts";

const schema = z.object({ NAME: z.string().min(1), PORT: z.coerce.number().int().default(80) });

describe("readSettings", () => {
  it("gives the settings of the schema alone, with their defaults", () => {
    expect(readSettings(schema, { NAME: "a", PATH: "/bin" })).toEqual({ NAME: "a", PORT: 80 });
  });

  it("names every setting that is missing or wrong", () => {
    const failure = () => readSettings(schema, { PORT: "x" });
    expect(failure).toThrow(SettingsError);
    expect(failure).toThrow(/^NAME is not set\nPORT: .+$/);
  });

  it("tells an empty setting from a missing one", () => {
    expect(() => readSettings(schema, { NAME: "" })).toThrow(/^NAME: /);
  });

  it("repeats no value", () => {
    const strict = z.object({ KEY: z.string().max(3), ID: z.uuid(), URL: z.url() });
    const secret = "c2VjcmV0";
    try {
      readSettings(strict, { KEY: secret, ID: secret, URL: secret });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      expect(`${error} ${JSON.stringify((error as Error).cause)}`).not.toContain(secret);
    }
  });
});

describe("the settings that reach Entra", () => {
  const tenant = "6f1b0c1e-93a5-4d0e-8b4e-52f6a1c7d901";
  const good = { ENTRA_TENANT_ID: tenant, ENTRA_CLIENT_ID: tenant, MANAGED_IDENTITY_CLIENT_ID: tenant };
  const entra = z.object(entraSettings);

  it("default to the public cloud", () => {
    expect(readSettings(entra, good).ENTRA_AUTHORITY_HOST).toBe("https://login.microsoftonline.com");
  });

  it("take IDs in the lower case in which tokens have them", () => {
    const upper = Object.fromEntries(Object.entries(good).map(([name, id]) => [name, id.toUpperCase()]));
    expect(readSettings(entra, upper)).toMatchObject(good);
  });

  it.each([
    ["ENTRA_AUTHORITY_HOST", "login.microsoftonline.com"],
    ["ENTRA_AUTHORITY_HOST", "file:///etc"],
    ["ENTRA_TENANT_ID", "common"],
    ["ENTRA_TENANT_ID", "organizations"],
    ["ENTRA_CLIENT_ID", "not an ID"],
    ["MANAGED_IDENTITY_CLIENT_ID", ""],
  ])("refuse %s=%s", (name, value) => {
    expect(() => readSettings(entra, { ...good, [name]: value })).toThrow(`${name}: `);
  });

  it.each(Object.keys(good))("need %s", (name) => {
    expect(() => readSettings(entra, { ...good, [name]: undefined })).toThrow(`${name} is not set`);
  });
});
