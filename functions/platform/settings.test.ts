import { describe, expect, it } from "vitest";
import * as z from "zod";
import { clouds } from "../../config/clouds.ts";
import { entraApplication, entraSettings, readSettings, SettingsError } from "./settings.ts";

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
    const { application, cloud } = entraApplication(readSettings(entra, good));
    expect(cloud).toBe(clouds.public);
    expect(application).toEqual({
      authorityHost: "https://login.microsoftonline.com",
      tokenExchangeAudience: "api://AzureADTokenExchange",
      tenantId: tenant,
      furtherTenantIds: [],
      clientId: tenant,
      managedIdentityClientId: tenant,
    });
  });

  it.each(["usgovernment", "china"] as const)(
    "take everything else of the cloud %s with its name",
    (name) => {
      const settings = readSettings(entra, { ...good, AZURE_CLOUD: name });
      const { authorityHost, tokenExchangeAudience } = clouds[name];
      expect(entraApplication(settings)).toMatchObject({
        cloud: clouds[name],
        application: { authorityHost, tokenExchangeAudience },
      });
    },
  );

  it("take a stand-in for Entra in place of the cloud's", () => {
    const settings = readSettings(entra, { ...good, ENTRA_AUTHORITY_HOST: "http://127.0.0.1:9" });
    expect(entraApplication(settings).application.authorityHost).toBe("http://127.0.0.1:9");
  });

  it("CAL-2 take further tenants, in lower case", () => {
    const other = "7A2C1D2F-A4B6-4E1F-9C5F-63A7B2D8EA12";
    const settings = readSettings(entra, { ...good, ENTRA_FURTHER_TENANT_IDS: `${other},${tenant}` });
    expect(entraApplication(settings).application.furtherTenantIds).toEqual([other.toLowerCase(), tenant]);
  });

  it("take IDs in the lower case in which tokens have them", () => {
    const upper = Object.fromEntries(Object.entries(good).map(([name, id]) => [name, id.toUpperCase()]));
    expect(readSettings(entra, upper)).toMatchObject(good);
  });

  it.each([
    ["ENTRA_AUTHORITY_HOST", "login.microsoftonline.com"],
    ["ENTRA_AUTHORITY_HOST", "file:///etc"],
    ["AZURE_CLOUD", "germany"],
    ["ENTRA_FURTHER_TENANT_IDS", "organizations"],
    ["ENTRA_FURTHER_TENANT_IDS", `${tenant} ${tenant}`],
    ["ENTRA_TENANT_ID", "common"],
    ["ENTRA_TENANT_ID", "organizations"],
    ["ENTRA_CLIENT_ID", "not an ID"],
    ["MANAGED_IDENTITY_CLIENT_ID", ""],
  ])("refuse %s=%s", (name, value) => {
    expect(() => readSettings(entra, { ...good, [name]: value })).toThrow(new RegExp(`^${name}[.:]`));
  });

  it.each(Object.keys(good))("need %s", (name) => {
    expect(() => readSettings(entra, { ...good, [name]: undefined })).toThrow(`${name} is not set`);
  });
});
