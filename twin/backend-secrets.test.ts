import { describe, expect, it } from "vitest";
import { backendSecrets } from "./backend-secrets.ts";

const secret = { keyVault: "/subscriptions/x", secret: "notes-key" };
const described = {
  secretNamedValues: [
    { name: "backend-notes-x-functions-key", secret },
    { name: "backend-files-x-api-key", secret },
    { name: "backend-files-x-api-tenant", secret: { ...secret, secret: "files-tenant" } },
  ],
};

describe("the twin's secrets for backends", () => {
  it("GW-19 come from variables that are named after them", () => {
    const environment = { BACKEND_SECRET_NOTES_KEY: "one", BACKEND_SECRET_FILES_TENANT: "two" };
    expect(backendSecrets(described, environment)).toEqual([
      { name: "backend-notes-x-functions-key", value: "one", secret: true },
      { name: "backend-files-x-api-key", value: "one", secret: true },
      { name: "backend-files-x-api-tenant", value: "two", secret: true },
    ]);
  });

  it.each([{}, { BACKEND_SECRET_NOTES_KEY: "" }])(
    "GW-19 stop the start in one line when one is missing: %j",
    (environment) => {
      expect(() => backendSecrets(described, environment)).toThrow(
        /^BACKEND_SECRET_NOTES_KEY is not set; the secret "notes-key" for a backend is read from it$/,
      );
    },
  );
});
