import type { ResolvedGateway } from "../../../../config/resolve.ts";

type Method = "none" | "private_key_jwt" | "client_secret_basic" | "client_secret_post";

/**
 * The methods of RFC 7591 §2 by which a client of this gateway can authenticate: any may register a key, and only the
 * operator gives out secrets.
 */
export function clientAuthenticationMethods({
  clients,
}: Pick<ResolvedGateway, "clients">): readonly Method[] {
  const secrets = clients.some(({ auth }) => auth !== "none" && "secretHash" in auth);
  return [
    "none",
    "private_key_jwt",
    ...(secrets ? (["client_secret_basic", "client_secret_post"] as const) : []),
  ];
}
