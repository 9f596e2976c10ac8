import { Fn, TerraformLocal } from "cdktf";
import type { Construct } from "constructs";

/** What tells one deployment from another, as Terraform knows it. */
export interface DeploymentIdentity {
  readonly prefix: string;
  readonly subscriptionId: string;
  readonly environmentName: string;
  readonly location: string;
}

/** Names that no other deployment has, and that are the same every time this one is planned. */
export function naming(
  scope: Construct,
  { prefix, subscriptionId, environmentName, location }: DeploymentIdentity,
) {
  const suffix = new TerraformLocal(
    scope,
    "suffix",
    Fn.substr(Fn.sha256(Fn.join("/", [subscriptionId, environmentName, location])), 0, 8),
  ).asString;
  return {
    resourceGroupName: `rg-${prefix}-${environmentName}`,
    name: (kind: string) => `${prefix}-${kind}-${suffix}`,
    plainName: (kind: string) => `${prefix}${kind}${suffix}`,
  };
}
