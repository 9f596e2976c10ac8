/** What the gateway asks of Entra, read from the URL that it sends the browser to. */
export interface EntraRequest {
  /** Whole; holds `state`, `nonce` and the challenge, so it is not for showing. */
  readonly url: URL;
  readonly tenantId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Those that are not OpenID Connect's own. */
  readonly scopes: readonly string[];
  /** Application ID in the first such scope, where it has one: "api://<application ID>/<scope>". */
  readonly resource: string | undefined;
}

const OPENID_SCOPES: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"]);

/** @param url of Entra's authorization endpoint, with the request in its query */
export function readEntraRequest(url: URL): EntraRequest {
  const parameter = (name: string) => url.searchParams.get(name) ?? "";
  const scopes = parameter("scope")
    .split(" ")
    .filter((scope) => scope && !OPENID_SCOPES.has(scope));
  return {
    url,
    tenantId: url.pathname.split("/")[1] ?? "",
    clientId: parameter("client_id"),
    redirectUri: parameter("redirect_uri"),
    scopes,
    resource: /^api:\/\/([^/]+)\//.exec(scopes[0] ?? "")?.[1],
  };
}
