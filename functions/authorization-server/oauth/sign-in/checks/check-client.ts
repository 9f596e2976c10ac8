import type { Client } from "../../../clients/client.ts";
import { claimedClient } from "../../../clients/client-id.ts";
import type { ClientRegistry } from "../../../clients/registry.ts";
import { OAuthError } from "../../../errors.ts";

/** `client_id` names a client that we know (RFC 6749 §4.1.2.1: never redirect otherwise). */
export async function checkClient(search: URLSearchParams, clients: ClientRegistry): Promise<Client> {
  const [id, ...more] = search.getAll("client_id");
  if (!id) throw new OAuthError("invalid_request", "client_id is missing.");
  if (more.length > 0) throw new OAuthError("invalid_request", "client_id is repeated.");
  const client = await clients.find(id);
  if (!client) {
    throw new OAuthError(
      "invalid_client",
      "The client is not registered here, or its registration has ended.",
      { reason: "client_unknown", explanation: "clientUnknown", subject: claimedClient(id) },
    );
  }
  return client;
}
