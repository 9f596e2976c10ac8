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
   * - `gateway`: the gateway itself; no operation of an API
   */
  readonly caller: "anyone" | "client" | "resource-server" | "person" | "gateway";
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
  "health-live": { method: "GET", path: "/health/live", caller: "anyone" },
  "health-ready": { method: "GET", path: "/health/ready", caller: "anyone" },
  "health-client-documents": { method: "GET", path: "/health/client-documents", caller: "anyone" },
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
