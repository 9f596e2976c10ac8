import { z } from "zod";
import { type ResolvedGateway, resolvedGatewaySchema } from "../../config/resolve.ts";
import { entraId, entraSettings } from "../platform/settings.ts";

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
  /** Folder of private JWKs. */
  KEY_FOLDER: z.string().min(1),
});

export type Settings = z.output<typeof settingsSchema>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
