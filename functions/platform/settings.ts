import * as z from "zod";
import { type Cloud, cloudNames, clouds } from "../../config/clouds.ts";
import { entraId } from "../../config/rules/entra-id.ts";
import type { EntraApplication } from "./entra.ts";

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

/** The settings with which an app reaches Entra as itself; both apps have them. */
export const entraSettings = {
  /** Which of Azure's clouds this is; clouds.ts knows what follows from it. */
  AZURE_CLOUD: z.enum(cloudNames).default("public"),
  /** In place of the cloud's own sign-in host: a stand-in for it. */
  ENTRA_AUTHORITY_HOST: z.url({ protocol: /^https?$/ }).optional(),
  /** The home tenant, where the app's registration and its managed identity are. */
  ENTRA_TENANT_ID: entraId,
  /** Other tenants whose users may sign in, separated by commas. */
  ENTRA_FURTHER_TENANT_IDS: z
    .string()
    .default("")
    .transform((list) => list.split(",").filter(Boolean))
    .pipe(z.array(entraId)),
  /** Application (client) ID of the app's own registration. */
  ENTRA_CLIENT_ID: entraId,
  /** Client ID of the user-assigned identity that the registration's federated credential trusts. */
  MANAGED_IDENTITY_CLIENT_ID: entraId,
} as const;

type EntraSettings = z.output<z.ZodObject<typeof entraSettings>>;

/** @returns the application that these settings are for, and its cloud */
export function entraApplication(settings: EntraSettings): {
  readonly application: EntraApplication;
  readonly cloud: Cloud;
} {
  const cloud = clouds[settings.AZURE_CLOUD];
  const application = {
    authorityHost: settings.ENTRA_AUTHORITY_HOST ?? cloud.authorityHost,
    tenantId: settings.ENTRA_TENANT_ID,
    furtherTenantIds: settings.ENTRA_FURTHER_TENANT_IDS,
    clientId: settings.ENTRA_CLIENT_ID,
    managedIdentityClientId: settings.MANAGED_IDENTITY_CLIENT_ID,
    tokenExchangeAudience: cloud.tokenExchangeAudience,
  };
  return { application, cloud };
}
