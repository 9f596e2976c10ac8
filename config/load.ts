import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { checkConsistency } from "./consistency.ts";
import { readLogo } from "./logo.ts";
import { type GatewayConfig, type GatewayConfigInput, gatewaySchema } from "./schema.ts";

/** A configuration that cannot be used; the message names the file and each wrong field, one a line. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Types a `gateway.config.ts`; gives its argument back.
 *
 * @example export default defineGateway({ servers: [ … ] });
 */
export function defineGateway(config: GatewayConfigInput): GatewayConfigInput {
  return config;
}

/**
 * @param file path of a module whose default export is the configuration, relative to the working folder
 * @returns the configuration with every default filled in
 * @throws ConfigError when the file cannot be loaded or a field is wrong
 */
export async function loadGatewayConfig(file: string): Promise<GatewayConfig> {
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw new ConfigError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (loaded.default === undefined) {
    throw new ConfigError(`${file}: has no default export; write "export default defineGateway({ … })"`);
  }
  return parseGatewayConfig(await withLogo(loaded.default, file), file);
}

/** Puts the content of the logo's file in the place of its path. What has no such path is left for the schema to judge. */
async function withLogo(value: unknown, file: string): Promise<unknown> {
  const { success, data } = loadedBranding.safeParse(value);
  if (!success) return value;
  const { branding } = data;
  try {
    const logo = await readLogo(resolve(dirname(resolve(file)), branding.logo));
    return { ...data, branding: { ...branding, logo } };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file}: branding.logo: ${reason}`, { cause });
  }
}

const loadedBranding = z.looseObject({ branding: z.looseObject({ logo: z.string() }) });

/**
 * @param value what the configuration file exports
 * @param file its name, for the message
 * @throws ConfigError naming each wrong field
 */
export function parseGatewayConfig(value: unknown, file: string): GatewayConfig {
  const result = gatewaySchema.superRefine(checkConsistency).safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${file}: ${fieldName(issue.path)}: ${issue.message}`);
  throw new ConfigError(lines.join("\n"), { cause: result.error });
}

/** ["servers", 0, "entra"] is `servers[0].entra`. */
function fieldName(path: z.core.$ZodIssue["path"]): string {
  const name = path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}${text ? "." : ""}${String(key)}`),
    "",
  );
  return name || "(top level)";
}
