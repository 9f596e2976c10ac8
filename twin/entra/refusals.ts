import type { EntraError } from "./aadsts.ts";
import type { Received } from "./loopback-server.ts";
import type { Tenant } from "./tenant.ts";

/** One log line: which endpoint refused, and the number. The message may repeat what the caller sent; it stays out. */
export function logRefusal(tenant: Tenant, request: Received, refusal: EntraError): void {
  tenant.log({
    component: "entra",
    level: "warn",
    message: JSON.stringify({
      event: "refused",
      path: request.url.pathname,
      aadsts: refusal.aadsts,
      error: refusal.error,
    }),
  });
}
