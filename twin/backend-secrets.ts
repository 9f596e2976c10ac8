import type { NamedValueDescription } from "apim-local-gateway";
import type { GatewayDescription } from "../infra/apis/description.ts";

/**
 * Reads the secrets for backends, which API Management reads in Key Vault, from the environment: the secret "notes-key" is in
 * `BACKEND_SECRET_NOTES_KEY`.
 *
 * @throws Error naming the variable that is missing
 */
export function backendSecrets(
  { secretNamedValues }: Pick<GatewayDescription, "secretNamedValues">,
  environment: Readonly<Record<string, string | undefined>>,
): NamedValueDescription[] {
  return secretNamedValues.map(({ name, secret: { secret } }) => {
    const variable = `BACKEND_SECRET_${secret.toUpperCase().replaceAll("-", "_")}`;
    const value = environment[variable];
    if (!value)
      throw new Error(`${variable} is not set; the secret "${secret}" for a backend is read from it`);
    return { name, value, secret: true };
  });
}
