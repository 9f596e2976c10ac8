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
}

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
  register: { method: "POST", path: "/register", caller: "client" },
  "registration-read": { method: "GET", path: "/register/{client_id}", caller: "client" },
  "registration-update": { method: "PUT", path: "/register/{client_id}", caller: "client" },
  "registration-delete": { method: "DELETE", path: "/register/{client_id}", caller: "client" },
  authorize: { method: "GET", path: "/authorize", caller: "person" },
  consent: { method: "POST", path: "/consent", caller: "person" },
  callback: { method: "GET", path: "/callback", caller: "person" },
  account: { method: "GET", path: "/account", caller: "person" },
  "account-revoke": { method: "POST", path: "/account/revoke", caller: "person" },
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
