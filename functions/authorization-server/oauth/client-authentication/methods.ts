import type { ResolvedGateway } from "../../../../config/resolve.ts";
import { REGISTERED_METHODS, type RegisteredMethod } from "../../clients/registration.ts";

const SECRET: readonly RegisteredMethod[] = ["client_secret_basic", "client_secret_post"];

/** The methods of RFC 7591 §2 by which a client can authenticate: those that it may register. Configured clients use no other. */
export const CLIENT_AUTHENTICATION_METHODS = REGISTERED_METHODS;

/** Those by which the configured resource servers authenticate; none where none is configured. */
export function resourceServerAuthenticationMethods({
  resourceServers,
}: Pick<ResolvedGateway, "resourceServers">): readonly RegisteredMethod[] {
  const secrets = resourceServers.some(({ auth }) => "secretHash" in auth);
  const keys = resourceServers.some(({ auth }) => !("secretHash" in auth));
  return [...(keys ? (["private_key_jwt"] as const) : []), ...(secrets ? SECRET : [])];
}
