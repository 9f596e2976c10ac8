import type { JSONWebKeySet } from "jose";
import * as z from "zod";
import {
  clientMetadataMembers,
  clientName,
  GRANT_TYPES,
  type GrantType,
  nameText,
  withoutEmptyMembers,
} from "../../../config/rules/client-metadata.ts";
import { fetchUrlFault } from "../../../config/rules/fetchable-url.ts";
import { keySetFault } from "../../../config/rules/key-set.ts";
import type { OperatorsSchemes } from "../../../config/rules/private-use-schemes.ts";
import { redirectUriFault } from "../../../config/rules/redirect-uri.ts";
import { OAuthError } from "../errors.ts";

/** The methods of RFC 7591 §2 by which a client that registers itself can authenticate at `/token` and `/revoke`. */
export const REGISTERED_METHODS = [
  "none",
  "private_key_jwt",
  "client_secret_basic",
  "client_secret_post",
] as const;
export type RegisteredMethod = (typeof REGISTERED_METHODS)[number];

/** What we keep of RFC 7591 §2; members that we do not know are ignored, as §2 demands. */
const metadataSchema = z.object({
  ...clientMetadataMembers,
  client_name: clientName.optional(),
  client_uri: z.string().max(1024).optional(),
  scope: z.string().max(1024).optional(),
  software_id: nameText(120).optional(),
  software_version: nameText(60).optional(),
});

/** RFC 7591 client metadata, as stored and as echoed. */
export interface ClientMetadata {
  readonly redirect_uris: readonly string[];
  readonly client_name?: string;
  readonly client_uri?: string;
  readonly grant_types: readonly GrantType[];
  readonly response_types: readonly ["code"];
  readonly token_endpoint_auth_method: RegisteredMethod;
  /** One of the two with `private_key_jwt`. */
  readonly jwks?: JSONWebKeySet;
  readonly jwks_uri?: string;
  readonly scope?: string;
  readonly software_id?: string;
  readonly software_version?: string;
}

/**
 * Checks what a client says of itself. A client that names no method of authentication, one that is not offered, or
 * `private_key_jwt` without keys is registered as a public one, as RFC 7591 §2 allows; the answer tells it so.
 *
 * @param redirectSchemes private-use schemes that the operator allows in redirect URIs
 * @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`, naming the member
 */
export function validateMetadata(
  body: Readonly<Record<string, unknown>>,
  redirectSchemes: OperatorsSchemes = [],
): ClientMetadata {
  const result = metadataSchema.safeParse(withoutEmptyMembers(body));
  if (!result.success) {
    const [issue] = result.error.issues;
    const member = String(issue?.path[0]);
    const code = member === "redirect_uris" ? "invalid_redirect_uri" : "invalid_client_metadata";
    throw new OAuthError(
      code,
      body[member] === undefined ? `${member} is missing.` : `${member} is not usable.`,
    );
  }
  const { client_uri, grant_types, response_types, token_endpoint_auth_method, jwks, jwks_uri, ...rest } =
    result.data;
  for (const uri of rest.redirect_uris) {
    const fault = redirectUriFault(uri, redirectSchemes);
    if (fault) throw new OAuthError("invalid_redirect_uri", `A redirect URI ${fault}.`);
  }
  const grantTypes = GRANT_TYPES.filter((type) => grant_types.includes(type));
  if (!grantTypes.includes("authorization_code")) {
    throw new OAuthError("invalid_client_metadata", "grant_types must include authorization_code.");
  }
  if (!response_types.includes("code")) {
    throw new OAuthError("invalid_client_metadata", "response_types must include code.");
  }
  return {
    ...withoutUndefined(rest),
    redirect_uris: rest.redirect_uris,
    ...(isHttpsUri(client_uri) ? { client_uri } : {}),
    grant_types: grantTypes,
    response_types: ["code"],
    ...authentication(token_endpoint_auth_method, jwks, jwks_uri),
  };
}

function authentication(
  method: string,
  jwks: unknown,
  jwksUri: string | undefined,
): Pick<ClientMetadata, "token_endpoint_auth_method" | "jwks" | "jwks_uri"> {
  if (method === "client_secret_basic" || method === "client_secret_post") {
    return { token_endpoint_auth_method: method };
  }
  if (method !== "private_key_jwt" || (jwks === undefined && jwksUri === undefined)) {
    return { token_endpoint_auth_method: "none" };
  }
  const refused = (description: string) => new OAuthError("invalid_client_metadata", description);
  if (jwks !== undefined && jwksUri !== undefined) throw refused("jwks and jwks_uri exclude each other.");
  const fault = jwksUri === undefined ? keySetFault(jwks) : fetchUrlFault(jwksUri);
  if (fault) throw refused(`${jwksUri === undefined ? "jwks" : "jwks_uri"} ${fault}.`);
  return {
    token_endpoint_auth_method: "private_key_jwt",
    ...(jwksUri === undefined ? { jwks: jwks as JSONWebKeySet } : { jwks_uri: jwksUri }),
  };
}

/** A link that we may show to a person. */
function isHttpsUri(uri: string | undefined): uri is string {
  return uri !== undefined && URL.parse(uri)?.protocol === "https:";
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<
    Defined<T>
  >;
}
