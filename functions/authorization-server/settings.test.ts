import { describe, expect, it } from "vitest";
import { readSettings } from "../platform/settings.ts";
import { settingsSchema } from "./settings.ts";
import { resolvedGateway } from "./testing/gateway.ts";

const gateway = resolvedGateway();
const id = "6f1b0c1e-93a5-4d0e-8b4e-52f6a1c7d901";
const good = {
  ENTRA_TENANT_ID: id,
  ENTRA_CLIENT_ID: id,
  MANAGED_IDENTITY_CLIENT_ID: id,
  GATEWAY: JSON.stringify(gateway),
  GATEWAY_PRINCIPAL_ID: id.toUpperCase(),
  COSMOS_ENDPOINT: "https://account.documents.azure.com",
  KEY_FOLDER: "keys",
};
const refusal = (changes: Record<string, string | undefined>) => () =>
  readSettings(settingsSchema, { ...good, ...changes });

describe("the authorization server's settings", () => {
  it("have defaults for what is the same in every deployment in Azure", () => {
    expect(readSettings(settingsSchema, good)).toMatchObject({
      GATEWAY: gateway,
      GATEWAY_PRINCIPAL_ID: id,
      COSMOS_DATABASE: "gateway",
      COSMOS_ENDPOINT_DISCOVERY: "true",
    });
    expect(readSettings(settingsSchema, good)).not.toHaveProperty("COSMOS_KEY");
  });

  it.each(["GATEWAY", "GATEWAY_PRINCIPAL_ID", "COSMOS_ENDPOINT", "KEY_FOLDER"])("need %s", (name) => {
    expect(refusal({ [name]: undefined })).toThrow(`${name} is not set`);
  });

  it.each([
    ["text", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["nothing", ""],
  ])("say that GATEWAY is not JSON of an object when it is %s", (_, text) => {
    expect(refusal({ GATEWAY: text })).toThrow("GATEWAY: is not a JSON object");
  });

  it("name every wrong field within GATEWAY", () => {
    const { issuer: _, ...rest } = gateway;
    const wrong = { ...rest, servers: [{ ...gateway.servers[0], path: "mcp" }] };
    expect(refusal({ GATEWAY: JSON.stringify(wrong) })).toThrow(
      /GATEWAY: issuer: .+\nGATEWAY: servers\.0\.path: /,
    );
  });

  it.each([
    ["GATEWAY_PRINCIPAL_ID", "the gateway"],
    ["COSMOS_ENDPOINT", "account"],
    ["COSMOS_KEY", ""],
    ["COSMOS_ENDPOINT_DISCOVERY", "yes"],
    ["KEY_FOLDER", ""],
  ])("refuse %s=%s", (name, value) => {
    expect(refusal({ [name]: value })).toThrow(`${name}: `);
  });
});
