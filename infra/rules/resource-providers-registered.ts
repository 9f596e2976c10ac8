import { at, dataSources, type Rule, resources } from "./rule.ts";

/**
 * Which resource provider serves a type, by the letters in which Azure Resource Manager lists it. The provider compares them as they
 * are written, and passes over a name that it does not find, with a warning in its log alone.
 */
const NAMESPACES: readonly (readonly [type: RegExp, namespace: string])[] = [
  [/^azurerm_api_management/, "Microsoft.ApiManagement"],
  [/^azurerm_(application_insights|monitor_)/, "microsoft.insights"],
  // Makes its alert rule beside each Application Insights.
  [/^azurerm_application_insights$/, "Microsoft.AlertsManagement"],
  [/^azurerm_cosmosdb_/, "Microsoft.DocumentDB"],
  [/^azurerm_(function_app|service_plan)/, "Microsoft.Web"],
  [/^azurerm_function_app_flex_consumption$/, "Microsoft.App"],
  [/^azurerm_key_vault/, "Microsoft.KeyVault"],
  [/^azurerm_log_analytics_/, "Microsoft.OperationalInsights"],
  [/^azurerm_(network_|private_|subnet|virtual_network)/, "Microsoft.Network"],
  [/^azurerm_storage_/, "Microsoft.Storage"],
  [/^azurerm_user_assigned_identity$/, "Microsoft.ManagedIdentity"],
];

/** Registered in every subscription. */
const ALWAYS_THERE =
  /^azurerm_(client_config|resource_group|resource_group_template_deployment|role_assignment|role_definition)$/;

/** A new subscription knows hardly any resource provider, and refuses what they make. */
export const resourceProvidersRegistered: Rule = {
  name: "every resource provider registered that the stack uses, by its exact name",
  check: ({ document }) => {
    const [azurerm = {}] = document.provider["azurerm"] ?? [];
    const registered = at(azurerm, "resource_providers_to_register");
    const used = new Set(
      [...resources(document), ...dataSources(document)]
        .map(({ type }) => type)
        .filter((type) => type.startsWith("azurerm_") && !ALWAYS_THERE.test(type)),
    );
    return [...used].flatMap((type) => {
      const namespaces = NAMESPACES.filter(([types]) => types.test(type)).map(([, namespace]) => namespace);
      if (namespaces.length === 0) return [`${type}: whose it is, is not known here`];
      return namespaces
        .filter((namespace) => !Array.isArray(registered) || !registered.includes(namespace))
        .map((namespace) => `${type} needs ${namespace}, which is not registered`);
    });
  },
};
