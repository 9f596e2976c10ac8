import { randomUUID } from "node:crypto";
import { clouds } from "../../config/clouds.ts";

/**
 * Entra's refusals, each with the number and the OAuth error code that Entra gives it. Numbers and their meaning
 * are those of Microsoft's page "Microsoft Entra authentication and authorization error codes".
 */
export class EntraError extends Error {
  override name = "EntraError";
  readonly aadsts: number;
  /** OAuth error code. */
  readonly error: string;
  /** HTTP status at the token endpoint. */
  readonly status: number;
  readonly suberror: string | undefined;
  /** Claims challenge, JSON. */
  readonly claims: string | undefined;

  constructor(
    aadsts: number,
    error: string,
    message: string,
    more: { readonly status?: number; readonly suberror?: string; readonly claims?: string } = {},
  ) {
    super(message);
    this.aadsts = aadsts;
    this.error = error;
    this.status = more.status ?? (error === "invalid_client" ? 401 : 400);
    this.suberror = more.suberror;
    this.claims = more.claims;
  }

  /** The same refusal under another OAuth error code. */
  as(error: string): EntraError {
    return new EntraError(this.aadsts, error, this.message);
  }
}

/** One answer's IDs and time, and the refusal in Entra's words. */
export interface ErrorReport {
  readonly error: string;
  readonly error_description: string;
  readonly error_codes: readonly number[];
  readonly timestamp: string;
  readonly trace_id: string;
  readonly correlation_id: string;
  readonly error_uri: string;
  readonly suberror?: string;
  readonly claims?: string;
}

/**
 * @param refusal why Entra refuses
 * @param correlationId the caller's `client-request-id`, if it sent one
 * @returns the body of an error answer of the token endpoint
 */
export function errorReport(refusal: EntraError, correlationId?: string): ErrorReport {
  const timestamp = new Date().toISOString().replace("T", " ").replace(/\.\d+/, "");
  const trace = randomUUID();
  const correlation = correlationId && /^[0-9a-f-]{36}$/i.test(correlationId) ? correlationId : randomUUID();
  return {
    error: refusal.error,
    error_description:
      `AADSTS${refusal.aadsts}: ${refusal.message}\r\n` +
      `Trace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
    error_codes: [refusal.aadsts],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `${clouds.public.authorityHost}/error?code=${refusal.aadsts}`,
    ...(refusal.suberror ? { suberror: refusal.suberror } : {}),
    ...(refusal.claims ? { claims: refusal.claims } : {}),
  };
}

const FEDERATION_ADVICE =
  "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
  "https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

export const aadsts = {
  // The request
  tenantNotFound: (tenant: string) =>
    new EntraError(
      90002,
      "invalid_request",
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    ),
  missingParameter: (name: string) =>
    new EntraError(
      900144,
      "invalid_request",
      `The request body must contain the following parameter: '${name}'.`,
    ),
  malformedRequest: () =>
    new EntraError(9002313, "invalid_request", "Invalid request. Request is malformed or invalid."),
  wrongMethod: (allowed: string, received: string) =>
    new EntraError(
      900561,
      "invalid_request",
      `The endpoint only accepts ${allowed} requests. Received a ${received} request.`,
    ),
  invalidParameter: (what: string) =>
    new EntraError(90023, "invalid_request", `Unsupported '${what}' value.`),
  resourceParameter: () =>
    new EntraError(
      9010010,
      "invalid_target",
      "The resource parameter provided in the request doesn't match with the requested scopes.",
    ),
  unsupportedGrantType: (grantType: string) =>
    new EntraError(
      70003,
      "unsupported_grant_type",
      `The app requested an unsupported grant type '${grantType}'.`,
    ),
  unsupportedResponseType: () =>
    new EntraError(70005, "unsupported_response_type", "The app returned an unsupported response type."),
  idTokenResponseType: () =>
    new EntraError(
      700054,
      "unsupported_response_type",
      "response_type 'id_token' is not enabled for the application.",
    ),
  unsupportedResponseMode: () =>
    new EntraError(
      70007,
      "invalid_request",
      "The app returned an unsupported value of 'response_mode' when requesting a token.",
    ),
  missingCodeChallenge: () =>
    new EntraError(50147, "invalid_request", "The size of the code challenge parameter isn't valid."),
  invalidCodeChallengeMethod: () =>
    new EntraError(501491, "invalid_request", "Invalid size of Code_Challenge parameter, or its method."),

  // The client
  unknownClient: (clientId: string, tenant: string) =>
    new EntraError(
      700016,
      "unauthorized_client",
      `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the ` +
        "application has not been installed by the administrator of the tenant or consented to by any user in the " +
        "tenant. You may have sent your authentication request to the wrong tenant.",
    ),
  notMultiTenant: (clientId: string) =>
    new EntraError(
      50194,
      "invalid_request",
      `Application '${clientId}' is not configured as a multi-tenant application. Usage of the /common endpoint is not ` +
        "supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant.",
    ),
  redirectUriMismatch: (uri: string, clientId: string) =>
    new EntraError(
      50011,
      "invalid_request",
      `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the ` +
        `application '${clientId}'. Make sure the redirect URI sent in the request matches one added to your ` +
        "application in the Azure portal.",
    ),
  missingClientCredential: () =>
    new EntraError(
      7000218,
      "invalid_client",
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  credentialOfPublicClient: () =>
    new EntraError(
      700025,
      "invalid_client",
      "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
  noTenant: () =>
    new EntraError(
      50059,
      "invalid_request",
      "No tenant-identifying information found in either the request or implied by any provided credentials.",
    ),
  invalidClientSecret: () => new EntraError(7000215, "invalid_client", "Invalid client secret is provided."),
  malformedAssertion: () => new EntraError(50027, "invalid_client", "JWT token is invalid or malformed."),
  assertionSignature: () =>
    new EntraError(700027, "invalid_client", "Client assertion failed signature validation."),
  assertionExpired: () =>
    new EntraError(700024, "invalid_client", "Client assertion is not within its valid time range."),
  assertionIssuer: (issuer: string) =>
    new EntraError(
      700211,
      "invalid_client",
      `No matching federated identity record found for presented assertion issuer '${issuer}'. ${FEDERATION_ADVICE}`,
    ),
  assertionAudience: (audience: string) =>
    new EntraError(
      700212,
      "invalid_client",
      `No matching federated identity record found for presented assertion audience '${audience}'. ${FEDERATION_ADVICE}`,
    ),
  assertionSubject: (subject: string) =>
    new EntraError(
      700213,
      "invalid_client",
      `No matching federated identity record found for presented assertion subject '${subject}'. ${FEDERATION_ADVICE}`,
    ),
  assertionOfUser: () =>
    new EntraError(
      700229,
      "invalid_client",
      "Only app-only tokens can be used as Federated Identity Credentials for Microsoft Entra issuer.",
    ),

  // Scope and resource
  invalidScope: (scope: string) =>
    new EntraError(
      70011,
      "invalid_scope",
      `The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    ),
  severalResources: (scope: string) =>
    new EntraError(
      28000,
      "invalid_request",
      "Provided value for the input parameter scope is not valid because it contains more than one resource. " +
        `Scope ${scope} is not valid.`,
    ),
  emptyScope: () =>
    new EntraError(
      28003,
      "invalid_request",
      "Provided value for the input parameter scope cannot be empty when requesting an access token using the " +
        "provided authorization code. Please specify a valid scope.",
    ),
  unknownResource: (resource: string, tenant: string) =>
    new EntraError(
      500011,
      "invalid_resource",
      `The resource principal named ${resource} was not found in the tenant named ${tenant}. This can happen if the ` +
        "application has not been installed by the administrator of the tenant or consented to by any user in the " +
        "tenant. You might have sent your authentication request to the wrong tenant.",
    ),
  unknownScope: (client: string, scope: string, resource: string) =>
    new EntraError(
      650053,
      "invalid_scope",
      `The application '${client}' asked for scope '${scope}' that doesn't exist on the resource '${resource}'. ` +
        "Contact the app vendor.",
    ),
  notDefaultScope: (scope: string) =>
    new EntraError(
      1002012,
      "invalid_scope",
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with ` +
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
  applicationNotAssigned: (clientId: string, name: string, resource: string, resourceName: string) =>
    new EntraError(
      501051,
      "invalid_grant",
      `Application '${clientId}'(${name}) is not assigned to a role for the application '${resource}'(${resourceName}).`,
    ),
  tokenForItself: (clientId: string, name: string) =>
    new EntraError(
      90009,
      "invalid_request",
      `Application '${clientId}'(${name}) is requesting a token for itself. This scenario is supported only if ` +
        "resource is specified using the GUID based App Identifier.",
    ),
  consentRequired: (clientId: string, name: string) =>
    new EntraError(
      65001,
      "invalid_grant",
      `The user or administrator has not consented to use the application with ID '${clientId}' named '${name}'. ` +
        "Send an interactive authorization request for this user and resource.",
      { suberror: "consent_required" },
    ),

  // The user
  loginRequired: () =>
    new EntraError(50058, "login_required", "Session information is not sufficient for single-sign-on."),
  cancelled: () =>
    new EntraError(65004, "access_denied", "User declined to consent to access the app.", {
      suberror: "cancel",
    }),
  signInExpired: () =>
    new EntraError(50089, "invalid_request", "Authentication failed due to flow token expired."),
  userNotInTenant: (tenant: string) =>
    new EntraError(
      50020,
      "invalid_grant",
      `User account from identity provider does not exist in tenant '${tenant}' and cannot access the application in that tenant.`,
    ),
  userNotAssigned: (clientId: string, name: string) =>
    new EntraError(
      50105,
      "invalid_grant",
      `Your administrator has configured the application ${name} ('${clientId}') to block users unless they are ` +
        "specifically granted ('assigned') access to the application. The signed in user is blocked because they are " +
        "not a direct member of a group with access, nor had access directly assigned by an administrator.",
    ),
  multifactorRequired: (resource: string, claims: string) =>
    new EntraError(
      50076,
      "interaction_required",
      "Due to a configuration change made by your administrator, or because you moved to a new location, you must " +
        `use multi-factor authentication to access '${resource}'.`,
      { suberror: "basic_action", claims },
    ),

  // The grant
  codeExpired: () =>
    new EntraError(
      70008,
      "invalid_grant",
      "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive " +
        "authorization request for this user and resource.",
    ),
  codeRedeemed: () =>
    new EntraError(
      54005,
      "invalid_grant",
      "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing " +
        "refresh token.",
    ),
  malformedGrant: () =>
    new EntraError(9002313, "invalid_grant", "Invalid request. Request is malformed or invalid."),
  grantOfAnother: () => new EntraError(70000, "invalid_grant", "Provided grant is invalid or malformed."),
  replyAddress: (received: string, expected: string) =>
    new EntraError(
      500112,
      "invalid_client",
      `The reply address '${received}' does not match the reply address '${expected}' provided when requesting ` +
        "Authorization code.",
      { status: 400 },
    ),
  codeVerifier: () =>
    new EntraError(
      501481,
      "invalid_grant",
      "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
  grantRevoked: () =>
    new EntraError(
      50173,
      "invalid_grant",
      "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have " +
        "changed or reset their password.",
      { suberror: "bad_token" },
    ),
  refreshTokenInactive: () =>
    new EntraError(700082, "invalid_grant", "The refresh token has expired due to inactivity."),
  invalidAssertion: () => new EntraError(50013, "invalid_grant", "Assertion failed signature validation."),
  userAssertionAudience: (audience: string, expected: string) =>
    new EntraError(
      500131,
      "invalid_grant",
      "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was " +
        `'${audience}' and the expected audience is '${expected}'.`,
    ),
  userAssertionExpired: () =>
    new EntraError(
      500133,
      "invalid_grant",
      "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for " +
        "user assertion, or request a new token.",
    ),
  idTokenAsAssertion: () =>
    new EntraError(
      240002,
      "invalid_grant",
      "Input id_token can't be used as 'urn:ietf:params:oauth:grant-type:jwt-bearer' grant.",
    ),
  appTokenAsAssertion: (appId: string) =>
    new EntraError(
      7000114,
      "invalid_grant",
      `Application '${appId}' is not allowed to make application on-behalf-of calls.`,
    ),
} as const;
