import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { routes } from "../../routes.ts";
import { json, publicDocument } from "../responses.ts";
import { DOCUMENT_MAX_AGE_SECONDS } from "./authorization-server.ts";

/** `GET /jwks` (RFC 7517 §5): the public halves of our signing keys. */
export function jwks({ keys }: Pick<Dependencies, "keys">): Endpoint {
  return async () => publicDocument(await keys.publicKeys(), DOCUMENT_MAX_AGE_SECONDS);
}

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * `GET /jwks/openid-configuration` (OpenID Connect Discovery §3), for the gateway's `validate-jwt`: where the signing keys are on the
 * host that was asked, the app's own. The public documents name the gateway's origin, which a gateway in an internal network
 * cannot reach from itself.
 *
 * The host is the request's. App Service routes by it, so it is the app's; a caller that forges it misleads only itself,
 * because no cache keeps the answer. The scheme is https, whatever the front end speaks with the app, except on loopback.
 */
export function gatewayOpenidConfiguration({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return async (request) => {
    const { host, hostname } = new URL(request.url);
    const scheme = LOOPBACK_HOSTS.has(hostname) ? "http" : "https";
    return json({ issuer: gateway.issuer, jwks_uri: `${scheme}://${host}${routes.jwks.path}` });
  };
}
