import * as z from "zod";
import { type ResolvedGateway, resolvedGatewaySchema } from "../../config/resolve.ts";
import { entraId } from "../../config/rules/entra-id.ts";
import { entraSettings, SettingsError } from "../platform/settings.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The keys in the vault, unless the settings name others. */
export const SIGNING_KEY = "signing";
export const WRAPPING_KEY = "wrapping";

/** What Azure allows. */
const keyName = z.string().regex(/^[0-9A-Za-z-]{1,127}$/, "is 1 to 127 of A-Z, a-z, 0-9 and -");

const seconds = (shortest: number, longest: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "is a whole number of seconds")
    .transform(Number)
    .pipe(z.int().min(shortest).max(longest));

/** The app's settings, by their names in the environment. None is a secret in Azure. */
export const settingsSchema = z.object({
  ...entraSettings,
  /** JSON of a `ResolvedGateway`. */
  GATEWAY: z.string().transform((text, context): ResolvedGateway => {
    const result = resolvedGatewaySchema.safeParse(parseJson(text));
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const field = issue.path.join(".");
      context.addIssue({
        code: "custom",
        message: field ? `${field}: ${issue.message}` : "is not a JSON object",
      });
    }
    return z.NEVER;
  }),
  /** Object ID of the gateway's managed identity: the only caller of everything but the public documents. */
  GATEWAY_PRINCIPAL_ID: entraId,
  COSMOS_ENDPOINT: z.url(),
  COSMOS_DATABASE: z.string().min(1).default("gateway"),
  /** An emulator's well-known key; an account in Azure takes the managed identity. */
  COSMOS_KEY: z.string().min(1).optional(),
  /** Off where the endpoint is not one of the account's own regions: an emulator's. */
  COSMOS_ENDPOINT_DISCOVERY: z.enum(["true", "false"]).default("true"),
  /** URL of the Key Vault that holds the keys: this, or KEY_FOLDER. */
  KEY_VAULT_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Names of the keys in the vault: RSA, one to sign with, one to wrap data keys. */
  KEY_VAULT_SIGNING_KEY: keyName.default(SIGNING_KEY),
  KEY_VAULT_WRAPPING_KEY: keyName.default(WRAPPING_KEY),
  /**
   * For how long a new version of the signing key is published before it signs. API Management keeps a key set for an
   * hour, and we keep the list of versions for some minutes.
   */
  SIGNING_KEY_ACTIVATION_SECONDS: seconds(0, 7 * DAY).default(2 * HOUR),
  /** After how long a new data key takes over. Old ones still open what they sealed. */
  DATA_KEY_PERIOD_SECONDS: seconds(DAY, 3650 * DAY).default(90 * DAY),
  /** Folder of private JWKs, for a machine without Key Vault. */
  KEY_FOLDER: z.string().min(1).optional(),
});

export type Settings = z.output<typeof settingsSchema>;

/** Where the keys are. */
export type KeySource =
  | { readonly vault: string; readonly folder?: undefined }
  | { readonly folder: string; readonly vault?: undefined };

/** @throws SettingsError unless exactly one place is named */
export function keySource({
  KEY_VAULT_URL: vault,
  KEY_FOLDER: folder,
}: Pick<Settings, "KEY_VAULT_URL" | "KEY_FOLDER">): KeySource {
  if (vault !== undefined && folder === undefined) return { vault };
  if (folder !== undefined && vault === undefined) return { folder };
  throw new SettingsError(
    vault === undefined
      ? "Neither KEY_VAULT_URL nor KEY_FOLDER is set; one of them has to be"
      : "KEY_VAULT_URL and KEY_FOLDER are both set; only one of them may be",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
