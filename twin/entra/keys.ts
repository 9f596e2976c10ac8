import { json, type Received, type Reply } from "./loopback-server.ts";
import type { Tenant } from "./tenant.ts";

/** `GET /{tenant}/discovery/v2.0/keys` */
export async function keys(_request: Received, tenant: Tenant): Promise<Reply> {
  return json(200, tenant.signingKey.jwks);
}
