import { z } from "zod";

/** A setting of the app is missing or wrong; the message names each. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/**
 * Reads an app's settings from the environment.
 *
 * @param schema one string field a setting, under the setting's name; others are ignored
 * @param environment usually `process.env`
 * @throws SettingsError naming each setting that is missing or wrong; values are not repeated
 */
export function readSettings<T extends z.ZodObject>(
  schema: T,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return environment[name] === undefined
      ? `${name} is not set`
      : `${issue.path.join(".")}: ${issue.message}`;
  });
  throw new SettingsError(lines.join("\n"), { cause: result.error });
}

/** An ID of Entra's, in the lower case in which tokens have it. */
export const entraId = z.uuid().toLowerCase();

/** The settings with which an app reaches Entra as itself; both apps have them. */
export const entraSettings = {
  ENTRA_AUTHORITY_HOST: z.url({ protocol: /^https?$/ }).default("https://login.microsoftonline.com"),
  ENTRA_TENANT_ID: entraId,
  /** Application (client) ID of the app's own registration. */
  ENTRA_CLIENT_ID: entraId,
  /** Client ID of the user-assigned identity that the registration's federated credential trusts. */
  MANAGED_IDENTITY_CLIENT_ID: entraId,
} as const;
