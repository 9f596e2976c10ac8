import type { CloudName } from "../../config/clouds.ts";
import type { DeploymentSettings } from "./settings.ts";

/**
 * Regions without Basic v2 and Standard v2 by Microsoft's list of November 2025, but for Canada East, which later copies have:
 * https://learn.microsoft.com/azure/api-management/api-management-region-availability
 */
const WITHOUT_V2_TIERS = new Set([
  "japanwest",
  "mexicocentral",
  "polandcentral",
  "southeastasia",
  "spaincentral",
  "westus3",
]);

/** @returns what a deployment with these settings goes without, in sentences */
export function notices(
  { location = "", apim, adminConsent, alertEmail, redisSecretId }: DeploymentSettings,
  { cloud, tenants }: { readonly cloud: CloudName; readonly tenants: readonly string[] },
): string[] {
  return [
    ...(cloud !== "public" && apim.kind === "new"
      ? [
          `the v2 and Consumption tiers of API Management were not offered in the cloud "${cloud}" in November 2026; GATEWAY_APIM_ID takes an instance of another tier.`,
        ]
      : []),
    ...(apim.kind === "new" && apim.tier !== "Consumption" && WITHOUT_V2_TIERS.has(location)
      ? [
          `API Management's v2 tiers are offered in some regions only, and "${location}" was not among them in November 2025; Microsoft's list of today is at https://learn.microsoft.com/azure/api-management/api-management-region-availability`,
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
