/**
 * Every route of the authorization server, as data: the app registers its functions from it, the description of
 * the APIs makes API Management operations of it, and neither can know a path that the other does not.
 */

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with a slash; `{name}` stands for one segment, `{*rest}` for all further ones. */
  readonly path: string;
  /**
   * Who calls it:
   * - `anyone`: public documents, also answered without the gateway
   * - `client`: an MCP client's program, from any web origin
   * - `resource-server`: an MCP server's program, from no web page
   * - `person`: a browser's address bar or form, never a script
   * - `key-fetcher`: the gateway's `validate-jwt`, which shows no identity; a public document, but no operation of an API
   * - `gateway`: the gateway itself; no operation of an API
   */
  readonly caller: "anyone" | "client" | "resource-server" | "person" | "key-fetcher" | "gateway";
  /**
   * The cookies that it reads, by their names without `__Host-`; a name that ends with a hyphen stands for all that begin with it. The
   * gateway passes on no others: a request has little room (docs/decisions/0004-sign-in-lives-in-the-browser.md).
   */
  readonly cookies?: readonly string[];
}

const APPROVING = ["consent-", "decision-", "sign-in-", "allowed-earlier"] as const;

export const routes = {
  "protected-resource-metadata": {
    method: "GET",
    path: "/.well-known/oauth-protected-resource/{*path}",
    caller: "anyone",
  },
  "authorization-server-metadata": {
    method: "GET",
    path: "/.well-known/oauth-authorization-server",
    caller: "anyone",
  },
  "openid-configuration": { method: "GET", path: "/.well-known/openid-configuration", caller: "anyone" },
  jwks: { method: "GET", path: "/jwks", caller: "anyone" },
  "gateway-openid-configuration": {
    method: "GET",
    path: "/jwks/openid-configuration",
    caller: "key-fetcher",
  },
  "health-live": { method: "GET", path: "/health/live", caller: "anyone" },
  "health-ready": { method: "GET", path: "/health/ready", caller: "anyone" },
  "health-client-documents": { method: "GET", path: "/health/client-documents", caller: "anyone" },
  register: { method: "POST", path: "/register", caller: "client" },
  "registration-read": { method: "GET", path: "/register/{client_id}", caller: "client" },
  "registration-update": { method: "PUT", path: "/register/{client_id}", caller: "client" },
  "registration-delete": { method: "DELETE", path: "/register/{client_id}", caller: "client" },
  authorize: { method: "GET", path: "/authorize", caller: "person", cookies: APPROVING },
  consent: { method: "POST", path: "/consent", caller: "person", cookies: APPROVING },
  "entra-answer": { method: "POST", path: "/callback", caller: "person" },
  callback: {
    method: "GET",
    path: "/callback",
    caller: "person",
    cookies: ["sign-in-", "account-sign-in-", "entra-answer-"],
  },
  account: { method: "GET", path: "/account", caller: "person", cookies: ["account", "account-sign-in-"] },
  "account-revoke": {
    method: "POST",
    path: "/account/revoke",
    caller: "person",
    cookies: ["account", "decision-", "allowed-earlier"],
  },
  "account-sign-out": { method: "POST", path: "/account/sign-out", caller: "person" },
  "account-signed-out": { method: "GET", path: "/account/signed-out", caller: "person" },
  token: { method: "POST", path: "/token", caller: "client" },
  revoke: { method: "POST", path: "/revoke", caller: "client" },
  introspect: { method: "POST", path: "/introspect", caller: "resource-server" },
  "session-token": { method: "POST", path: "/internal/session-token", caller: "gateway" },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** Whether the app answers a route without the gateway's identity. */
export function isPublic({ caller }: Pick<Route, "caller">): boolean {
  return caller === "anyone" || caller === "key-fetcher";
}

/** Whether a route is an operation of API Management. */
export function isOperation({ caller }: Pick<Route, "caller">): boolean {
  return caller !== "gateway" && caller !== "key-fetcher";
}

/** The methods that a route answers: a public document answers HEAD as it answers GET (RFC 9110 §9.3.2). */
export function methodsOf({ method, caller }: Route): readonly (Route["method"] | "HEAD")[] {
  return caller === "anyone" && method === "GET" ? ["GET", "HEAD"] : [method];
}
