import type { CloudName } from "../../functions/platform/clouds.ts";
import type { DeploymentSettings } from "./settings.ts";

/** @returns what a deployment with these settings goes without, in sentences */
export function notices(
  { apim, adminConsent, alertEmail, redisSecretId }: DeploymentSettings,
  { cloud, tenants }: { readonly cloud: CloudName; readonly tenants: readonly string[] },
): string[] {
  return [
    ...(cloud !== "public" && apim.kind === "new"
      ? [
          `the v2 and Consumption tiers of API Management were not offered in the cloud "${cloud}" in November 2026; GATEWAY_APIM_ID takes an instance of another tier.`,
        ]
      : []),
    ...(tenants.length > 0
      ? [
          "an administrator of each listed tenant has to consent once, and assigns the roles there: docs/deploy.md.",
        ]
      : []),
    ...(apim.kind === "new" && apim.tier === "Consumption"
      ? [
          "the Consumption tier has no rate limits by address, client or session: they are left out of the policies.",
          "the Consumption tier does not stream: an MCP server's event streams arrive whole, or not at all when long.",
        ]
      : []),
    ...(redisSecretId
      ? ["the external cache's connection string is a secret, and stands in the Terraform state."]
      : []),
    ...(adminConsent
      ? []
      : ["people are asked for consent at their first sign-in, unless an administrator has granted it."]),
    ...(alertEmail ? [] : ["alerts show in the portal only; GATEWAY_ALERT_EMAIL sends them."]),
  ];
}
