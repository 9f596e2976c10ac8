import * as z from "zod";
import {
  type ClientAuthentication,
  clientKeys,
  clientMetadataMembers,
  clientName,
  GRANT_TYPES,
  type GrantType,
  withoutEmptyMembers,
} from "./client-metadata.ts";
import { fetchUrlFault } from "./fetchable-url.ts";
import { keySetFault } from "./key-set.ts";
import { redirectUriFault } from "./redirect-uri.ts";

/** What a client's own document says of it, as far as we use it. */
export interface DocumentMetadata {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  readonly authentication: ClientAuthentication;
}

/** The document was fetched, and will not do. The message says why, in words for its developer, without quotes. */
export class DocumentFault extends Error {
  override name = "DocumentFault";
}

/** Members that are not here are ignored (draft-ietf-oauth-client-id-metadata-document §4.1). */
const documentSchema = z.object({ client_id: z.string(), client_name: clientName, ...clientMetadataMembers });

/** The members of a document that we use. */
export const DOCUMENT_MEMBERS: readonly string[] = Object.keys(documentSchema.shape);

/** A document is public, so a secret in it is none (§4.1). */
const SECRET_MEMBERS = ["client_secret", "client_secret_expires_at"];

/**
 * Checks a Client ID Metadata Document.
 *
 * @param url where it was fetched, which is the client's ID
 * @throws DocumentFault
 */
export function validateDocument(url: string, value: unknown): DocumentMetadata {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DocumentFault("it is not a JSON object");
  }
  const secret = SECRET_MEMBERS.find((member) => Object.hasOwn(value, member));
  if (secret) throw new DocumentFault(`it has a ${secret}, and anyone can read it`);
  const result = documentSchema.safeParse(withoutEmptyMembers(value as Readonly<Record<string, unknown>>));
  if (!result.success) {
    const member = String(result.error.issues[0]?.path[0]);
    throw new DocumentFault(`${member} is ${Object.hasOwn(value, member) ? "not usable" : "missing"}`);
  }
  const { client_id, client_name, redirect_uris, grant_types, response_types } = result.data;
  if (client_id !== url) throw new DocumentFault("client_id is not the URL of the document");
  if (client_name === "") throw new DocumentFault("client_name is empty");
  for (const uri of redirect_uris) {
    // A document lists every place that its client may use anywhere. Which of them are allowed here, /authorize decides.
    const fault = redirectUriFault(uri, "any");
    if (fault) throw new DocumentFault(`a redirect URI ${fault}`);
  }
  if (!response_types.includes("code")) throw new DocumentFault("response_types does not include code");
  const grantTypes = GRANT_TYPES.filter((type) => grant_types.includes(type));
  if (!grantTypes.includes("authorization_code")) {
    throw new DocumentFault("grant_types does not include authorization_code");
  }
  return {
    name: client_name,
    redirectUris: redirect_uris,
    grantTypes,
    authentication: authentication(result.data),
  };
}

/** Nothing shared can stand in a public document; a key of the client's own can (§4.1, RFC 7523 §2.2). */
function authentication(document: z.output<typeof documentSchema>): ClientAuthentication {
  const { token_endpoint_auth_method: method, jwks, jwks_uri } = document;
  if (method === "none") return { method };
  if (method !== "private_key_jwt") {
    throw new DocumentFault("token_endpoint_auth_method is neither none nor private_key_jwt");
  }
  const fault = jwks_uri === undefined ? keySetFault(jwks) : fetchUrlFault(jwks_uri);
  if (fault) throw new DocumentFault(`${jwks_uri === undefined ? "jwks" : "jwks_uri"} ${fault}`);
  if (jwks !== undefined && jwks_uri !== undefined) throw new DocumentFault("it has both jwks and jwks_uri");
  return { method, keys: clientKeys(jwks, jwks_uri) };
}
