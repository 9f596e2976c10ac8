import { TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import type { DeploymentSettings } from "../settings/settings.ts";

/** What is known at deployment alone; everything else is settled when the stack is synthesized. */
export interface StackVariable {
  readonly name: string;
  readonly description: string;
  /** The azd value that fills it. */
  readonly from: string;
  /** Regular expression for both Terraform (RE2) and JavaScript. */
  readonly pattern: string;
  readonly message: string;
}

/** @returns the variables of a stack with these settings */
export function stackVariables({ apim }: Pick<DeploymentSettings, "apim">): readonly StackVariable[] {
  return apim.kind === "new" ? [...DEPLOYMENT, PUBLISHER_EMAIL] : DEPLOYMENT;
}

const DEPLOYMENT: readonly StackVariable[] = [
  {
    name: "subscription_id",
    description: "The subscription to deploy to",
    from: "AZURE_SUBSCRIPTION_ID",
    pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    message: "AZURE_SUBSCRIPTION_ID is the subscription's ID, a UUID.",
  },
  {
    name: "environment_name",
    description: "Name of the azd environment",
    from: "AZURE_ENV_NAME",
    pattern: "^[A-Za-z0-9_().-]{0,63}[A-Za-z0-9_()-]$",
    message: "AZURE_ENV_NAME is 1 to 64 of A-Z, a-z, 0-9 and _ ( ) . -, without a dot at the end.",
  },
  {
    name: "location",
    description: "Azure region",
    from: "AZURE_LOCATION",
    pattern: "^[a-z][a-z0-9]{2,30}$",
    message: "AZURE_LOCATION is the short name of an Azure region, such as westeurope.",
  },
];

/** An instance that exists has its publisher. */
const PUBLISHER_EMAIL: StackVariable = {
  name: "publisher_email",
  description: "Whom Azure writes to about the API Management instance",
  from: "GATEWAY_PUBLISHER_EMAIL",
  pattern: "^[^\\s@]+@[^\\s@]+$",
  message:
    "GATEWAY_PUBLISHER_EMAIL is not set; set it with: azd env set GATEWAY_PUBLISHER_EMAIL <mail address>",
};

/** @returns each variable's value in Terraform, by its name */
export function declareVariables(scope: Construct, settings: DeploymentSettings): (name: string) => string {
  const values = new Map(
    stackVariables(settings).map(({ name, description, pattern, message }) => {
      const regex = pattern.replaceAll("\\", "\\\\");
      const variable = new TerraformVariable(scope, name, {
        type: "string",
        description,
        nullable: false,
        validation: [{ condition: `\${can(regex("${regex}", var.${name}))}`, errorMessage: message }],
      });
      return [name, variable.stringValue] as const;
    }),
  );
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`the stack has no variable ${name}`);
    return value;
  };
}
