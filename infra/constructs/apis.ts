import { ApiManagementApi } from "@cdktf/provider-azurerm/lib/api-management-api/index.js";
import { ApiManagementApiOperation } from "@cdktf/provider-azurerm/lib/api-management-api-operation/index.js";
import { ApiManagementApiOperationPolicy } from "@cdktf/provider-azurerm/lib/api-management-api-operation-policy/index.js";
import { ApiManagementApiPolicy } from "@cdktf/provider-azurerm/lib/api-management-api-policy/index.js";
import { ApiManagementNamedValue } from "@cdktf/provider-azurerm/lib/api-management-named-value/index.js";
import { ApiManagementPolicyFragment } from "@cdktf/provider-azurerm/lib/api-management-policy-fragment/index.js";
import { Fn, type ITerraformDependable, Op } from "cdktf";
import { Construct } from "constructs";
import type { SecretReference } from "../../config/backend-headers.ts";
import type { Cloud } from "../../config/clouds.ts";
import type {
  ApiDescription,
  GatewayDescription,
  OperationDescription,
  PolicySource,
} from "../apis/description.ts";
import { type PolicyDialect, readPolicy } from "../policies/policy-file.ts";
import { escapeTemplates } from "../terraform/escape.ts";
import { REMOVED_LAST } from "../terraform/order.ts";
import { resourceIdParts } from "../terraform/resource-id.ts";
import type { Gateway } from "./api-management.ts";

export interface ApisOptions {
  readonly description: GatewayDescription;
  readonly dialect: PolicyDialect;
  readonly cloud: Cloud;
  /** What named values wait for that are read in Key Vault. */
  readonly secretsReady: readonly ITerraformDependable[];
}

/** The APIs of the description, with their operations, policies, fragments and named values. */
export class Apis extends Construct {
  /** The APIs by their names, for what is set at each. */
  readonly apis: ReadonlyMap<string, ApiManagementApi>;

  constructor(
    scope: Construct,
    gateway: Gateway,
    { description, dialect, cloud, secretsReady }: ApisOptions,
  ) {
    super(scope, "apis");
    const at = { apiManagementName: gateway.name, resourceGroupName: gateway.resourceGroupName };
    const policy = (source: PolicySource) => escapeTemplates(readPolicy(source, dialect));

    const namedValues = description.namedValues.map(
      ({ name, value }) =>
        new ApiManagementNamedValue(this, `named_value_${name}`, {
          ...at,
          name,
          displayName: name,
          value,
          secret: false,
          lifecycle: REMOVED_LAST,
          dependsOn: [gateway.ready],
        }),
    );
    const secrets = description.secretNamedValues.map(
      ({ name, secret }) =>
        new ApiManagementNamedValue(this, `named_value_${name}`, {
          ...at,
          name,
          displayName: name,
          valueFromKeyVault: {
            // Without a version: API Management looks for a newer one every four hours.
            secretId: secretUrl(secret, cloud),
            identityClientId: gateway.identity.clientId,
          },
          secret: true,
          lifecycle: REMOVED_LAST,
          dependsOn: [gateway.ready, ...secretsReady],
        }),
    );
    const fragments = description.fragments.map(
      ({ id, policy: file }) =>
        new ApiManagementPolicyFragment(this, `fragment_${id}`, {
          apiManagementId: gateway.id,
          name: id,
          format: "rawxml",
          value: policy(file),
          lifecycle: REMOVED_LAST,
          // It names them in its text, where Terraform does not look.
          dependsOn: [...namedValues, ...secrets],
        }),
    );
    const named: ITerraformDependable[] = [...namedValues, ...secrets, ...fragments];

    this.apis = new Map(
      description.apis.map((api) => {
        const resource = new ApiManagementApi(this, `api_${api.name}`, {
          ...at,
          name: api.name,
          displayName: api.displayName,
          path: api.path,
          serviceUrl: api.serviceUrl,
          revision: "1",
          protocols: ["https"],
          subscriptionRequired: false,
          dependsOn: [gateway.ready],
          ...(gateway.sku ? { lifecycle: { precondition: [notConsumption(gateway.sku)] } } : {}),
        });
        new ApiManagementApiPolicy(this, `policy_${api.name}`, {
          ...at,
          apiName: resource.name,
          xmlContent: policy(api.policy),
          dependsOn: named,
        });
        for (const operation of api.operations) {
          this.operation(api, operation, resource, at, named, policy);
        }
        return [api.name, resource] as const;
      }),
    );
  }

  private operation(
    api: ApiDescription,
    operation: OperationDescription,
    resource: ApiManagementApi,
    at: { apiManagementName: string; resourceGroupName: string },
    named: readonly ITerraformDependable[],
    policy: (source: PolicySource) => string,
  ): void {
    const id = `${api.name}_${operation.name}`;
    const made = new ApiManagementApiOperation(this, `operation_${id}`, {
      ...at,
      apiName: resource.name,
      operationId: operation.name,
      displayName: operation.displayName,
      method: operation.method,
      urlTemplate: operation.urlTemplate,
      templateParameter: templateParameters(operation.urlTemplate),
    });
    if (!operation.policy) return;
    new ApiManagementApiOperationPolicy(this, `operation_policy_${id}`, {
      ...at,
      apiName: resource.name,
      operationId: made.operationId,
      xmlContent: policy(operation.policy),
      dependsOn: [...named],
    });
  }
}

function secretUrl({ keyVault, secret }: SecretReference, cloud: Cloud): string {
  const { host } = new URL(cloud.keyVault);
  return `https://${resourceIdParts(keyVault).name}.${host}/secrets/${secret}`;
}

/** API Management wants each `{name}` and `{*name}` of a template declared. */
export function templateParameters(urlTemplate: string): { name: string; required: boolean; type: string }[] {
  return [...urlTemplate.matchAll(/\{\*?(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    required: true,
    type: "string",
  }));
}

function notConsumption(sku: string) {
  return {
    condition: Op.not(Fn.startswith(sku, "Consumption")),
    errorMessage:
      "GATEWAY_APIM_ID names an instance of the Consumption tier, which refuses the policies' rate limits. " +
      "Name one of another tier, or let the stack make one with GATEWAY_APIM_SKU Consumption_0.",
  };
}
