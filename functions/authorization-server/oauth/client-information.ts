import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { ClientDocument } from "../clients/client-document.ts";
import { routes } from "../routes.ts";

/**
 * The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
 *
 * @param managementToken of this registration; only its client has it
 * @param secret in the answer to a registration; it is stored as a hash, so no later answer has it. It does not expire while
 *   the registration lasts
 */
export function clientInformation(
  { issuer }: Pick<ResolvedGateway, "issuer">,
  { id, createdAt, metadata }: Pick<ClientDocument, "id" | "createdAt" | "metadata">,
  managementToken: string,
  secret?: string,
) {
  return {
    client_id: id,
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    client_id_issued_at: createdAt,
    registration_access_token: managementToken,
    registration_client_uri: `${issuer}${routes["registration-read"].path.replace("{client_id}", id)}`,
    ...metadata,
  };
}
