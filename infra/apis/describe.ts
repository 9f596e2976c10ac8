import type { LanguageTag } from "../../config/language-tags.ts";
import { textIn } from "../../config/local-text.ts";
import type { ResolvedGateway, ResolvedServer } from "../../config/resolve.ts";
import type { GatewayConfig } from "../../config/schema.ts";
import { scopesByPath } from "../../config/scopes-by-path.ts";
import { tracedTools } from "../../config/tool-call-trace.ts";
import {
  isOperation,
  methodsOf,
  type Route,
  type RouteName,
  routes,
} from "../../functions/authorization-server/contract.ts";
import { backendHeaders } from "./backend-headers.ts";
import type {
  ApiDescription,
  FragmentDescription,
  GatewayDescription,
  NamedValueDescription,
  OperationDescription,
} from "./description.ts";
import { entraTokenFragment } from "./entra-token-fragment.ts";
import { entraAudiences } from "./entra-tokens-data.ts";
import { nameOfPath } from "./name-of-path.ts";
import { type DescribedServer, serverPolicy } from "./server-policy.ts";

/** What the description has to know of the deployment besides the resolved configuration. */
export interface AuthorizationServerPlace {
  /** Base URL of the Functions app, without a slash at the end. */
  readonly url: string;
  /** The resource that the gateway's identity asks a token for: "api://<application ID>". */
  readonly audience: string;
  readonly gatewayIdentityClientId: string;
}

/** Where tokens come from that Entra issued. */
export interface EntraPlace {
  /** Entra's sign-in host; no slash at the end. */
  readonly authorityHost: string;
  /** Issuer of version 1.0 tokens, in front of the tenant's ID; no slash at the end. */
  readonly issuerV1Host: string;
  /** The tenant that the gateway is deployed in. */
  readonly tenantId: string;
}

/** What the policies alone need of the configuration. */
export type GatewaySettings = Pick<GatewayConfig, "rateLimits" | "allowedOrigins" | "tenants" | "servers">;

/** Every file of `policies/fragments/`. */
const FRAGMENTS = [
  "caller",
  "client-known",
  "client-limits",
  "entra-token-caller",
  "gateway-identity",
  "mcp-access-decision",
  "mcp-calls",
  "mcp-challenge",
  "mcp-claims-challenge",
  "mcp-error",
  "mcp-granted",
  "mcp-list-answer",
  "mcp-missing-scopes",
  "mcp-refusal",
  "mcp-request-fields",
  "mcp-response-fields",
  "mcp-rule-verdicts",
  "mcp-tool-call-trace",
  "mcp-tool-calls",
  "mcp-unavailable",
  "navigation-only",
  "oauth-error",
  "own-cookies",
  "presented-token",
  "remove-fields",
  "session-ended",
  "session-token",
  "sessions-ended-of",
  "sign-in-error",
  "token-client",
  "transport-security",
] as const;

/** Operation policies of routes that need more than their caller's. */
const OWN_POLICIES: Partial<Record<RouteName, string>> = {
  register: "oauth/register.xml",
  "registration-read": "oauth/registration.xml",
  "registration-update": "oauth/registration.xml",
  "registration-delete": "oauth/registration.xml",
  authorize: "oauth/authorize.xml",
  token: "oauth/token.xml",
  revoke: "oauth/revoke.xml",
  introspect: "oauth/introspect.xml",
  "account-revoke": "oauth/account-revoke.xml",
};

/** The mark of an ended session outlives an Entra token that was on its way into the cache when the session ended. */
const CACHE_MARGIN_SECONDS = 60;

const WILDCARD = "/{*path}";

/** Describes the APIs, operations, fragments and named values of one gateway. */
export function describeGateway(
  gateway: ResolvedGateway,
  config: GatewaySettings,
  authorizationServer: AuthorizationServerPlace,
  entra: EntraPlace,
): GatewayDescription {
  return {
    origin: gateway.issuer,
    apis: [
      oauthApi(gateway, authorizationServer),
      ...describedServers(gateway, config).map((server) => mcpApi(server, gateway.defaultLanguage)),
    ],
    fragments: [
      ...FRAGMENTS.map((id): FragmentDescription => ({ id, policy: `fragments/${id}.xml` })),
      entraTokenFragment(config.tenants),
    ],
    namedValues: [
      ...namedValues(gateway, config, authorizationServer),
      { name: "entra-authority-host", value: entra.authorityHost },
      { name: "entra-issuer-v1-host", value: entra.issuerV1Host },
      { name: "entra-tenant-id", value: entra.tenantId },
      ...gateway.servers.flatMap(entraAudiences),
    ],
    secretNamedValues: config.servers
      .flatMap(backendHeaders)
      .map(({ namedValue: name, secret }) => ({ name, secret })),
  };
}

/** @returns the names of the APIs whose policies emit metrics */
export function apisWithMetrics(gateway: ResolvedGateway, config: GatewaySettings): ReadonlySet<string> {
  return new Set(
    describedServers(gateway, config)
      .filter(({ config: server }) => tracedTools(server) !== undefined)
      .map(({ server }) => mcpApiName(server)),
  );
}

function mcpApiName({ path }: ResolvedServer): string {
  return `mcp-${nameOfPath(path)}`;
}

/** Both lists are in one order, because one was made of the other. */
function describedServers({ servers }: ResolvedGateway, config: GatewaySettings): DescribedServer[] {
  return servers.flatMap((server, index) => {
    const own = config.servers[index];
    return own ? [{ server, config: own }] : [];
  });
}

function oauthApi({ servers }: ResolvedGateway, { url }: AuthorizationServerPlace): ApiDescription {
  return {
    name: "oauth",
    displayName: "OAuth",
    path: "",
    serviceUrl: url,
    policy: "oauth/api.xml",
    operations: (Object.entries(routes) as [RouteName, Route][])
      .filter(([, route]) => isOperation(route))
      .flatMap(([name, route]) => operations(name, route, servers)),
  };
}

/** A route with a wildcard becomes one operation for each path that it serves, so that no other path gets through. */
function operations(
  name: RouteName,
  route: Route,
  servers: readonly ResolvedServer[],
): OperationDescription[] {
  const policy =
    OWN_POLICIES[name] ?? (route.caller === "person" ? "oauth/sign-in.xml" : "oauth/document.xml");
  const operation = (suffix: string, urlTemplate: string): OperationDescription[] =>
    methodsOf(route).map((method) => ({
      name: `${method === route.method ? "" : `${method.toLowerCase()}-`}${name}${suffix}`,
      displayName: `${method} ${urlTemplate}`,
      method,
      urlTemplate,
      policy,
    }));
  if (!route.path.endsWith(WILDCARD)) return operation("", route.path);
  const base = route.path.slice(0, -WILDCARD.length);
  return [
    ...operation("", base),
    ...servers.flatMap(({ path }) => operation(`-${nameOfPath(path)}`, `${base}${path}`)),
  ];
}

/** Display names must differ in API Management, even while two servers exchange their paths. */
function mcpApi(described: DescribedServer, language: LanguageTag): ApiDescription {
  const { server } = described;
  return {
    name: mcpApiName(server),
    displayName: `${textIn(server.title, language, language)} (${server.path})`,
    path: server.path.slice(1),
    serviceUrl: server.backendUrl,
    policy: "mcp/api.xml",
    operations: (["POST", "GET", "HEAD", "DELETE"] as const).map((method) => ({
      name: method.toLowerCase(),
      displayName: `${method} ${server.path}`,
      method,
      urlTemplate: "/",
      ...serverPolicy(described, method, language),
    })),
  };
}

/** Whose answers are pages. */
const personOperations = Object.entries<Route>(routes)
  .filter(([, { caller }]) => caller === "person")
  .map(([name]) => name);

/** The cookies that each operation reads, for the policies: `name=cookie cookie;name=cookie`. */
const operationCookies = Object.entries<Route>(routes)
  .flatMap(([name, { cookies }]) => (cookies ? [`${name}=${cookies.join(" ")}`] : []))
  .join(";");

function namedValues(
  { issuer, lifetimes, servers }: ResolvedGateway,
  { rateLimits, allowedOrigins }: GatewaySettings,
  authorizationServer: AuthorizationServerPlace,
): NamedValueDescription[] {
  const limits = {
    register: rateLimits.register,
    "sign-in": rateLimits.signIn,
    token: rateLimits.token,
    client: rateLimits.client,
    "client-everywhere": rateLimits.clientEverywhere,
    mcp: rateLimits.mcp,
    documents: rateLimits.documents,
  };
  return [
    { name: "authorization-server-audience", value: authorizationServer.audience },
    { name: "authorization-server-url", value: authorizationServer.url },
    { name: "operation-cookies", value: operationCookies },
    { name: "person-operations", value: personOperations.join(" ") },
    { name: "session-ended-seconds", value: String(lifetimes.gatewayCache + CACHE_MARGIN_SECONDS) },
    { name: "gateway-identity-client-id", value: authorizationServer.gatewayIdentityClientId },
    { name: "gateway-origin", value: issuer },
    { name: "mcp-allowed-origins", value: allowedOrigins.join(" ") || "*" },
    { name: "mcp-optional-scopes", value: scopesByPath(servers, "optional") },
    { name: "mcp-scopes", value: scopesByPath(servers, "required") },
    ...Object.entries(limits).flatMap(([name, { calls, period }]) => [
      { name: `rate-limit-${name}-calls`, value: String(calls) },
      { name: `rate-limit-${name}-period`, value: String(period) },
    ]),
  ];
}
