import type { ClientAuthentication } from "../../../config/rules/client-metadata.ts";
import type { GatewayConfig } from "../../../config/schema.ts";

type Credentials =
  | GatewayConfig["clients"][number]["auth"]
  | GatewayConfig["resourceServers"][number]["auth"];

/** @returns how a program authenticates, from what the operator entered for it */
export function credentialsAuthentication(auth: Credentials): ClientAuthentication {
  if (auth === "none") return { method: "none" };
  if ("secretHash" in auth) return { method: "client_secret", secretHash: auth.secretHash };
  return { method: "private_key_jwt", keys: auth };
}
