import { type ClientAuthentication, GRANT_TYPES } from "../../../config/rules/client-metadata.ts";
import type { GatewayConfig } from "../../../config/schema.ts";
import type { Client } from "./client.ts";

type Credentials =
  | GatewayConfig["clients"][number]["auth"]
  | GatewayConfig["resourceServers"][number]["auth"];

/** @returns how a program authenticates, from what the operator entered for it */
export function credentialsAuthentication(auth: Credentials): ClientAuthentication {
  if (auth === "none") return { method: "none" };
  if ("secretHash" in auth) return { method: "client_secret", secretHash: auth.secretHash };
  return { method: "private_key_jwt", keys: auth };
}

/** The clients that the operator entered, by their IDs. */
export function configuredClients(
  clients: GatewayConfig["clients"],
): ReadonlyMap<string, { readonly client: Client; readonly authentication: ClientAuthentication }> {
  return new Map(
    clients.map(({ id, name, redirectUris, auth }) => {
      const client: Client = {
        id,
        name,
        redirectUris,
        grantTypes: GRANT_TYPES,
        origin: "configured",
        useIsWorthNoting: false,
        owesClaims: true,
      };
      return [id, { client, authentication: credentialsAuthentication(auth) }];
    }),
  );
}
