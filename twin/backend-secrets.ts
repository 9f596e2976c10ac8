import type { NamedValueDescription } from "apim-local-gateway";
import type { GatewayConfig } from "../config/schema.ts";
import { backendHeaders } from "../infra/apis/backend-headers.ts";

/**
 * Reads the secrets for backends, which API Management reads in Key Vault, from the environment: the secret "notes-key" is in
 * `BACKEND_SECRET_NOTES_KEY`.
 *
 * @throws Error naming the variable that is missing
 */
export function backendSecrets(
  { servers }: Pick<GatewayConfig, "servers">,
  environment: Readonly<Record<string, string | undefined>>,
): NamedValueDescription[] {
  return servers.flatMap(backendHeaders).map(({ namedValue, secret: { secret } }) => {
    const variable = `BACKEND_SECRET_${secret.toUpperCase().replaceAll("-", "_")}`;
    const value = environment[variable];
    if (!value)
      throw new Error(`${variable} is not set; the secret "${secret}" for a backend is read from it`);
    return { name: namedValue, value, secret: true };
  });
}
