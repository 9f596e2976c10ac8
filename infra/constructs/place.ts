import { Fn, TerraformLocal } from "cdktf";
import type { Construct } from "constructs";
import type { Cloud } from "../../config/clouds.ts";

/** Where a deployment's resources go and what they are called; every construct takes it. */
export interface Place {
  readonly resourceGroupName: string;
  readonly resourceGroupId: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly tenantId: string;
  readonly cloud: Cloud;
  /**
   * @param kind short name of the resource's kind, 2 to 8 letters
   * @returns "<prefix>-<kind>-<suffix>", at most 26 characters of a-z, 0-9 and -, unique in Azure
   */
  readonly name: (kind: string) => string;
  /** The same without dashes, where Azure allows none. */
  readonly plainName: (kind: string) => string;
}

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
