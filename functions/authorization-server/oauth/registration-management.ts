import type { ResolvedGateway } from "../../../config/resolve.ts";
import type { Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { ClientDocument } from "../clients/client-document.ts";
import type { ManagedRegistration } from "../clients/registered-clients.ts";
import { validateMetadata } from "../clients/registration.ts";
import { hasHash } from "../crypto/secrets.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { routes } from "../routes.ts";
import { readJsonObject } from "./request-body.ts";
import { json } from "./responses.ts";

type Needs = Pick<Dependencies, "clients" | "gateway">;

/** `GET /register/{client_id}` (RFC 7592 §2.1): one point read. */
export function registrationRead({ clients, gateway }: Needs): Endpoint {
  return async (request) => {
    const { registration, token } = await authorized(clients, request);
    return json(clientInformation(gateway, registration.document, token));
  };
}

/** What only we say of a registration; a client that sends it takes our answer for its metadata (RFC 7592 §2.2). */
const NOT_FOR_UPDATE = [
  "registration_access_token",
  "registration_client_uri",
  "client_secret_expires_at",
  "client_id_issued_at",
] as const;

/** RFC 7592 §2.2: a client may repeat its secret, but it does not choose another. */
function requireOwnSecret(given: unknown, secretHash: string | undefined): void {
  if (given === undefined || given === null) return;
  if (secretHash === undefined) {
    throw new OAuthError("invalid_request", "client_secret has no place in an update.");
  }
  if (typeof given !== "string" || !hasHash(given, secretHash)) {
    throw new OAuthError("invalid_request", "client_secret is not the one that was issued.");
  }
}

/**
 * `PUT /register/{client_id}` (RFC 7592 §2.2): one point read, one conditional write. What is left out is gone. The client's
 * secret stays as it is; a client that lost it, or wants another, registers anew.
 */
export function registrationUpdate({ clients, gateway }: Needs): Endpoint {
  return async (request, call) => {
    const { registration, token } = await authorized(clients, request);
    const body = await readJsonObject(request, "invalid_client_metadata");
    const { id, secretHash } = registration.document;
    if (body["client_id"] !== id) {
      throw new OAuthError("invalid_request", "client_id has to be that of the registration.");
    }
    const stray = NOT_FOR_UPDATE.find((member) => Object.hasOwn(body, member));
    if (stray) throw new OAuthError("invalid_request", `${stray} has no place in an update.`);
    requireOwnSecret(body["client_secret"], secretHash);
    const metadata = validateMetadata(body, gateway.redirectSchemes);
    const { token_endpoint_auth_method } = registration.document.metadata;
    if (metadata.token_endpoint_auth_method !== token_endpoint_auth_method) {
      throw new OAuthError(
        "invalid_client_metadata",
        `token_endpoint_auth_method stays ${token_endpoint_auth_method}; register anew for another.`,
      );
    }
    const updated = await registration.replaceMetadata(metadata);
    if (!updated) throw unauthorized("registration_gone");
    audit(call, "registration_updated", { client: id });
    return json(clientInformation(gateway, updated, token));
  };
}

/**
 * `DELETE /register/{client_id}` (RFC 7592 §2.3): one point read, one delete. Nobody signs in with the client any more, and
 * what people have granted it ends with its next refresh: an access token that it has lives on to its end, an hour at most
 * unless configured otherwise. Sessions lie by person, so that finding those of one client would ask every partition.
 */
export function registrationDelete({ clients }: Pick<Needs, "clients">): Endpoint {
  return async (request, call) => {
    const { registration } = await authorized(clients, request);
    await registration.remove();
    audit(call, "registration_deleted", { client: registration.document.id });
    return new Response(null, { status: 204, headers: { "cache-control": "no-store", pragma: "no-cache" } });
  };
}

/** @throws OAuthError `invalid_token`: the same for a wrong token and for a client that is not there */
async function authorized(
  clients: Needs["clients"],
  request: Request,
): Promise<{ registration: ManagedRegistration; token: string }> {
  const [, token] =
    /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw unauthorized("registration_token_missing", "Bearer");
  const id = /[^/]*$/.exec(new URL(request.url).pathname)?.[0] ?? "";
  const registration = await clients.manage(id, token);
  if (!registration) throw unauthorized("registration_token_unknown");
  return { registration, token };
}

/** RFC 6750 §3: no error code in the challenge for a request without a token. */
function unauthorized(reason: string, challenge = 'Bearer error="invalid_token"'): OAuthError {
  return new OAuthError("invalid_token", "The registration access token is not valid for this client.", {
    reason,
    challenge,
  });
}

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
