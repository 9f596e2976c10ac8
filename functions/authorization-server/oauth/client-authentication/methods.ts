import type { ResolvedGateway } from "../../../../config/resolve.ts";

type Method = "none" | "private_key_jwt" | "client_secret_basic" | "client_secret_post";

const SECRET: readonly Method[] = ["client_secret_basic", "client_secret_post"];

/**
 * The methods of RFC 7591 §2 by which a client of this gateway can authenticate: any may register a key, and only the
 * operator gives out secrets.
 */
export function clientAuthenticationMethods({
  clients,
}: Pick<ResolvedGateway, "clients">): readonly Method[] {
  const secrets = clients.some(({ auth }) => auth !== "none" && "secretHash" in auth);
  return ["none", "private_key_jwt", ...(secrets ? SECRET : [])];
}

/** The same for the resource servers; none where none is configured. */
export function resourceServerAuthenticationMethods({
  resourceServers,
}: Pick<ResolvedGateway, "resourceServers">): readonly Method[] {
  const secrets = resourceServers.some(({ auth }) => "secretHash" in auth);
  const keys = resourceServers.some(({ auth }) => !("secretHash" in auth));
  return [...(keys ? (["private_key_jwt"] as const) : []), ...(secrets ? SECRET : [])];
}
