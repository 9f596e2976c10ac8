import { describe, expect, it } from "vitest";
import shippedConfig from "../gateway.config.ts";
import { at, resources } from "./rules/rule.ts";
import type { SettingName } from "./settings/table.ts";
import type { TerraformBlock, TerraformDocument } from "./synthesize.ts";
import { unescapeTemplates } from "./terraform/escape.ts";
import {
  ENTRA_TOKENS,
  EXISTING_APIM,
  EXTERNAL_SERVER,
  PRIVATE,
  REDIS_SECRET,
  subject,
} from "./testing/subject.ts";

const defaults = subject().document;

const all = (document: TerraformDocument, type: string) =>
  resources(document, type).map(({ block }) => block);

function only(document: TerraformDocument, type: string): TerraformBlock {
  const [block, ...others] = all(document, type);
  if (!block || others.length > 0) throw new Error(`not one ${type}`);
  return block;
}

const json = (value: unknown) => JSON.stringify(value);

/** What each setting does to the stack. A setting without an entry does not compile. */
const EFFECTS: Readonly<Record<SettingName, () => void>> = {
  GATEWAY_PUBLISHER_EMAIL: () => {
    expect(only(defaults, "azurerm_api_management")["publisher_email"]).toBe("${var.publisher_email}");
    expect(subject(EXISTING_APIM).document.variable?.["publisher_email"]).toBeUndefined();
    expect(json(defaults.variable?.["publisher_email"])).toContain("azd env set GATEWAY_PUBLISHER_EMAIL");
  },
  GATEWAY_PUBLISHER_NAME: () => {
    const { document } = subject({ GATEWAY_PUBLISHER_NAME: "Contoso ${x}" });
    expect(only(document, "azurerm_api_management")["publisher_name"]).toBe("Contoso $${x}");
    expect(only(defaults, "azurerm_api_management")["publisher_name"]).toBe("MCP gateway");
  },
  GATEWAY_NAME_PREFIX: () => {
    const { document } = subject({ GATEWAY_NAME_PREFIX: "contoso" });
    expect(only(document, "azurerm_key_vault")["name"]).toBe("contoso-kv-${local.suffix}");
    expect(only(document, "azurerm_resource_group")["name"]).toBe("rg-contoso-${var.environment_name}");
    expect(only(defaults, "azurerm_key_vault")["name"]).toBe("mcpgw-kv-${local.suffix}");
  },
  GATEWAY_TAGS: () => {
    const { document } = subject({ GATEWAY_TAGS: "owner=me,cost centre=a=b" });
    for (const { block } of resources(document)) {
      if (block["tags"]) expect(block["tags"]).toMatchObject({ owner: "me", "cost centre": "a=b" });
    }
    expect(only(document, "azurerm_key_vault")["tags"]).toMatchObject({
      "azd-env-name": "${var.environment_name}",
    });
    expect(json(defaults)).not.toContain('"owner"');
  },
  GATEWAY_SAMPLE_SERVER: () => {
    const { document } = subject({ GATEWAY_SAMPLE_SERVER: "false" }, EXTERNAL_SERVER);
    expect(all(document, "azurerm_function_app_flex_consumption")).toHaveLength(1);
    expect(json(document.resource)).not.toContain("graph_mcp");
    expect(all(defaults, "azurerm_function_app_flex_consumption")).toHaveLength(2);
    expect(() => subject({ GATEWAY_SAMPLE_SERVER: "false" })).toThrow('"graph-mcp" is not deployed');
  },
  GATEWAY_APIM_SKU: () => {
    expect(only(defaults, "azurerm_api_management")["sku_name"]).toBe("BasicV2_1");
    const { document } = subject({ GATEWAY_APIM_SKU: "StandardV2_2" });
    expect(only(document, "azurerm_api_management")["sku_name"]).toBe("StandardV2_2");
    const consumption = subject({ GATEWAY_APIM_SKU: "Consumption_0", GATEWAY_REDIS_SECRET_ID: REDIS_SECRET });
    expect(json(consumption.document.resource)).not.toContain("<rate-limit-by-key");
    expect(json(defaults.resource)).toContain("<rate-limit-by-key");
    for (const policy of policies(consumption.document)) expect(policy.length).toBeLessThanOrEqual(16 * 1024);
  },
  GATEWAY_APIM_ID: () => {
    const { document } = subject(EXISTING_APIM);
    expect(all(document, "azurerm_api_management")).toEqual([]);
    expect(document.data?.["azurerm_api_management"]?.["gateway_service"]).toEqual({
      name: "shared-apim",
      resource_group_name: "shared",
    });
    for (const api of all(document, "azurerm_api_management_api")) {
      expect(api).toMatchObject({ api_management_name: "shared-apim", resource_group_name: "shared" });
      expect(json(at(api, "lifecycle", "precondition"))).toContain("Consumption");
    }
    expect(all(document, "azurerm_resource_group_template_deployment")).toMatchObject([
      { name: "mcpgw-logger-${local.suffix}", resource_group_name: "shared" },
      { name: "mcpgw-metrics-${local.suffix}", resource_group_name: "shared" },
    ]);
    expect(document.output?.["GATEWAY_URL"]?.["value"]).toBe(
      "${data.azurerm_api_management.gateway_service.gateway_url}",
    );
  },
  GATEWAY_APIM_IDENTITY_ID: () => {
    const { document } = subject(EXISTING_APIM);
    expect(document.data?.["azurerm_user_assigned_identity"]?.["gateway_identity"]).toEqual({
      name: "shared-apim-identity",
      resource_group_name: "shared",
    });
    expect(authorizationServerSetting(document, "GATEWAY_PRINCIPAL_ID")).toBe(
      "${data.azurerm_user_assigned_identity.gateway_identity.principal_id}",
    );
  },
  GATEWAY_ORIGIN: () => {
    const { document } = subject({ GATEWAY_ORIGIN: "https://mcp.example.com" });
    expect(document.output?.["MCP_URL"]?.["value"]).toBe("https://mcp.example.com/mcp");
    expect(only(document, "azuread_application_redirect_uris")["redirect_uris"]).toEqual([
      "https://mcp.example.com/callback",
    ]);
    expect(defaults.output?.["MCP_URL"]?.["value"]).toBe(
      "https://mcpgw-apim-${local.suffix}.azure-api.net/mcp",
    );
  },
  GATEWAY_REDIS_SECRET_ID: () => {
    const { document } = subject({ GATEWAY_REDIS_SECRET_ID: REDIS_SECRET });
    expect(only(document, "azurerm_api_management_redis_cache")["connection_string"]).toBe(
      "${data.azurerm_key_vault_secret.external_cache_connection.value}",
    );
    expect(document.data?.["azurerm_key_vault_secret"]?.["external_cache_connection"]).toEqual({
      name: "redis",
      key_vault_id: REDIS_SECRET.replace("/secrets/redis", ""),
    });
    expect(all(defaults, "azurerm_api_management_redis_cache")).toEqual([]);
  },
  GATEWAY_PRIVATE_NETWORK: () => {
    const { document } = subject(PRIVATE);
    expect(all(document, "azurerm_private_endpoint")).toHaveLength(4);
    expect(all(document, "azurerm_private_dns_zone")).toHaveLength(3);
    expect(only(document, "azurerm_api_management")).toMatchObject({ virtual_network_type: "External" });
    for (const app of all(document, "azurerm_function_app_flex_consumption")) {
      expect(app["virtual_network_subnet_id"]).toMatch(
        /^\$\{azurerm_subnet_network_security_group_association\.network_rules_\w+\.subnet_id\}$/,
      );
    }
    expect(all(defaults, "azurerm_virtual_network")).toEqual([]);
    expect(only(defaults, "azurerm_cosmosdb_account")["public_network_access_enabled"]).toBe(true);
  },
  GATEWAY_DEPLOYER_ADDRESSES: () => {
    expect(only(subject(PRIVATE).document, "azurerm_key_vault")["network_acls"]).toEqual({
      bypass: "None",
      default_action: "Deny",
      ip_rules: ["203.0.113.4", "198.51.100.0/24"],
    });
    expect(only(defaults, "azurerm_key_vault")["network_acls"]).toBeUndefined();
  },
  GATEWAY_DEPLOYER_IDS: () => {
    const ids = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];
    const deployers = (document: TerraformDocument) =>
      all(document, "azurerm_role_assignment").find(
        (block) => block["role_definition_name"] === "Key Vault Crypto Officer",
      );
    const { document } = subject({ GATEWAY_DEPLOYER_IDS: ids.join(",") });
    expect(deployers(document)).toMatchObject({
      for_each: `\${toset(["${ids.join('", "')}"])}`,
      principal_id: "${each.value}",
      // Of an ID that is nobody's, Azure says that it is not known yet, and the provider asks again.
      timeouts: { create: "10m" },
    });
    expect(deployers(defaults)).toMatchObject({
      for_each: "${toset([data.azurerm_client_config.deployer.object_id])}",
      principal_id: "${each.value}",
    });
    for (const principal of all(document, "azuread_service_principal")) {
      expect(principal["owners"]).toEqual(ids);
      expect(principal["lifecycle"]).toBeUndefined();
    }
    for (const principal of all(defaults, "azuread_service_principal")) {
      expect(principal["owners"]).toEqual(["${data.azurerm_client_config.deployer.object_id}"]);
      expect(at(principal, "lifecycle", "ignore_changes")).toEqual(["owners"]);
    }
  },
  GATEWAY_COSMOS_MAX_RU: () => {
    const { document } = subject({ GATEWAY_COSMOS_MAX_RU: "4000" });
    expect(only(document, "azurerm_cosmosdb_sql_database")["autoscale_settings"]).toEqual({
      max_throughput: 4000,
    });
    expect(json(only(document, "azurerm_cosmosdb_account"))).not.toContain("EnableServerless");
    expect(only(defaults, "azurerm_cosmosdb_account")["capabilities"]).toEqual([
      { name: "EnableServerless" },
    ]);
    expect(only(defaults, "azurerm_cosmosdb_sql_database")["autoscale_settings"]).toBeUndefined();
    // Azure turns neither kind of account into the other, and the provider does not see the difference.
    expect(only(document, "azurerm_cosmosdb_account")["name"]).toBe("mcpgw-cosmosru-${local.suffix}");
    expect(only(defaults, "azurerm_cosmosdb_account")["name"]).toBe("mcpgw-cosmos-${local.suffix}");
  },
  GATEWAY_COSMOS_REGIONS: () => {
    const { document } = subject({
      GATEWAY_COSMOS_MAX_RU: "1000",
      GATEWAY_COSMOS_REGIONS: "northeurope,uksouth",
    });
    const account = only(document, "azurerm_cosmosdb_account");
    expect(account["geo_location"]).toMatchObject([
      { failover_priority: 0 },
      { location: "northeurope", failover_priority: 1 },
      { location: "uksouth", failover_priority: 2 },
    ]);
    expect(account["automatic_failover_enabled"]).toBe(true);
    expect(at(account, "consistency_policy", "consistency_level")).toBe("BoundedStaleness");
    expect(at(only(defaults, "azurerm_cosmosdb_account"), "consistency_policy", "consistency_level")).toBe(
      "Strong",
    );
  },
  GATEWAY_ASSIGNMENT_REQUIRED: () => {
    const { document } = subject({ GATEWAY_ASSIGNMENT_REQUIRED: "true" });
    const principal = (each: TerraformDocument) =>
      each.resource["azuread_service_principal"]?.["sign_in_service_principal"];
    expect(principal(document)?.["app_role_assignment_required"]).toBe(true);
    expect(only(document, "azuread_app_role_assignment")["principal_object_id"]).toBe(
      "${azurerm_user_assigned_identity.gateway_identity.principal_id}",
    );
    expect(principal(defaults)?.["app_role_assignment_required"]).toBe(false);
    expect(all(defaults, "azuread_app_role_assignment")).toEqual([]);
  },
  GATEWAY_ADMIN_CONSENT: () => {
    const { document } = subject({ GATEWAY_ADMIN_CONSENT: "true" });
    expect(all(document, "azuread_service_principal_delegated_permission_grant")).toHaveLength(3);
    expect(all(defaults, "azuread_service_principal_delegated_permission_grant")).toEqual([]);
    expect(defaults.data?.["azuread_service_principal"]).toBeUndefined();
    // Where nobody is asked for consent to the sample server, nobody consents to what it asks of Microsoft Graph.
    const preauthorized = (each: TerraformDocument) =>
      all(each, "azuread_application_pre_authorized").map((block) => block["authorized_client_id"]);
    expect(preauthorized(defaults)).toEqual([]);
    expect(preauthorized(document)).toEqual([
      "${azuread_application_registration.sign_in_application.client_id}",
    ]);
  },
  GATEWAY_PREAUTHORIZED_CLIENT_IDS: () => {
    const client = "aebc6443-996d-45c2-90f0-388ff96faa56";
    const { document } = subject({ GATEWAY_PREAUTHORIZED_CLIENT_IDS: client });
    const clients = all(document, "azuread_application_pre_authorized").map(
      (block) => block["authorized_client_id"],
    );
    expect(clients).toEqual([client]);
    expect(all(defaults, "azuread_application_pre_authorized")).toEqual([]);
    expect(sampleSettings(document)["FURTHER_CLIENT_IDS"]).toBe(client);
  },
  GATEWAY_ALERT_EMAIL: () => {
    const { document } = subject({ GATEWAY_ALERT_EMAIL: "operators@example.com" });
    expect(json(only(document, "azurerm_monitor_action_group"))).toContain("operators@example.com");
    const group = "${azurerm_monitor_action_group.alerts_receivers.id}";
    for (const alert of all(document, "azurerm_monitor_scheduled_query_rules_alert_v2")) {
      expect(at(alert, "action", "action_groups")).toEqual([group]);
    }
    for (const alert of all(document, "azurerm_monitor_metric_alert")) {
      expect(alert["action"]).toEqual([{ action_group_id: group }]);
    }
    expect(all(defaults, "azurerm_monitor_action_group")).toEqual([]);
    expect(all(defaults, "azurerm_monitor_metric_alert")).toHaveLength(2);
  },
  // What these three do lies beside the stack: infra/azd/files.test.ts.
  RS_RESOURCE_GROUP: () => expect(at(defaults.terraform, "backend")).toBeUndefined(),
  RS_STORAGE_ACCOUNT: () => expect(at(defaults.terraform, "backend")).toBeUndefined(),
  RS_CONTAINER_NAME: () => expect(at(defaults.terraform, "backend")).toBeUndefined(),
};

describe("each setting's effect", () => {
  it.each(Object.entries(EFFECTS))("%s", (_, effect) => effect());
});

describe("the stack", () => {
  it("gives an app only settings that the app knows", () => {
    const settings = functionsApp(defaults, "authorization_server_app")["app_settings"];
    expect(Object.keys(settings as object).sort()).toEqual([
      "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
      "AzureWebJobsStorage__accountName",
      "AzureWebJobsStorage__clientId",
      "AzureWebJobsStorage__credential",
      "COSMOS_DATABASE",
      "COSMOS_ENDPOINT",
      "ENTRA_CLIENT_ID",
      "ENTRA_TENANT_ID",
      "GATEWAY",
      "GATEWAY_PRINCIPAL_ID",
      "KEY_VAULT_URL",
      "MANAGED_IDENTITY_CLIENT_ID",
    ]);
  });

  it("hands the authorization server the whole configuration, whatever an operator wrote in it", () => {
    const { document } = subject({ GATEWAY_SAMPLE_SERVER: "false" }, EXTERNAL_SERVER);
    const text = authorizationServerSetting(document, "GATEWAY");
    expect(text).toContain("$${not a template}");
    expect(text).toContain("%%{also not}");
    const gateway = JSON.parse(unescapeTemplates(text.replaceAll("${local.suffix}", "0a1b2c3d")));
    expect(gateway.issuer).toBe("https://mcpgw-apim-0a1b2c3d.azure-api.net");
    expect(gateway.servers[0]).toMatchObject({
      title: "Tickets ${not a template}",
      backendUrl: "https://tickets.example/mcp",
    });
  });

  it("keeps the documents' expiry working, and indexes nothing but whose a session is", () => {
    const containers = all(defaults, "azurerm_cosmosdb_sql_container");
    for (const container of containers) {
      expect(container["default_ttl"]).toBe(-1);
      expect(container["indexing_policy"]).toMatchObject({
        indexing_mode: "consistent",
        excluded_path: [{ path: "/*" }],
      });
    }
    const indexed = containers.map((each) => [
      each["name"],
      (each["indexing_policy"] as Readonly<Record<string, unknown>>)["included_path"],
    ]);
    expect(Object.fromEntries(indexed)).toEqual({
      clients: undefined,
      keys: undefined,
      sessions: [{ path: "/user/?" }],
    });
  });

  it("makes a service principal when its application has what is assigned and consented to", () => {
    const { document } = subject({ GATEWAY_ASSIGNMENT_REQUIRED: "true" });
    const principals = document.resource["azuread_service_principal"];
    expect(principals?.["sign_in_service_principal"]?.["depends_on"]).toEqual([
      "azuread_application_app_role.sign_in_call_role",
    ]);
    expect(principals?.["graph_mcp_application_service_principal"]?.["depends_on"]).toEqual([
      "azuread_application_permission_scope.graph_mcp_application_scope_Mcp_Access",
      "azuread_application_app_role.graph_mcp_application_role_Mcp_User",
    ]);
    expect(
      document.resource["azuread_application_app_role"]?.["sign_in_operator_role"]?.["depends_on"],
    ).toEqual(["azuread_service_principal.sign_in_service_principal"]);
  });

  it("OPS-2 lets the app's identity sign, verify, wrap, unwrap and read its two keys, by a role of its own, and nothing else", () => {
    const definition = only(defaults, "azurerm_role_definition");
    expect(definition).toEqual({
      name: "MCP gateway key user (mcpgw-kv-${local.suffix})",
      description: expect.stringContaining("signs, verifies, wraps, unwraps and reads keys"),
      scope: "${azurerm_resource_group.resource_group.id}",
      assignable_scopes: ["${azurerm_resource_group.resource_group.id}"],
      permissions: [
        {
          actions: [],
          data_actions: [
            "Microsoft.KeyVault/vaults/keys/read",
            "Microsoft.KeyVault/vaults/keys/sign/action",
            "Microsoft.KeyVault/vaults/keys/verify/action",
            "Microsoft.KeyVault/vaults/keys/wrap/action",
            "Microsoft.KeyVault/vaults/keys/unwrap/action",
          ],
        },
      ],
    });
    const inTheVault = all(defaults, "azurerm_role_assignment").filter(({ scope }) =>
      String(scope).includes("azurerm_key_vault_key."),
    );
    expect(inTheVault.map(({ scope, principal_id }) => [scope, principal_id])).toEqual([
      [
        "${azurerm_key_vault_key.keys_signing.resource_versionless_id}",
        "${azurerm_user_assigned_identity.authorization_server_identity.principal_id}",
      ],
      [
        "${azurerm_key_vault_key.keys_wrapping.resource_versionless_id}",
        "${azurerm_user_assigned_identity.authorization_server_identity.principal_id}",
      ],
    ]);
    for (const assignment of inTheVault) {
      expect(assignment["role_definition_name"]).toBeUndefined();
      expect(assignment["role_definition_id"]).toBe(
        "${azurerm_role_definition.keys_role.role_definition_resource_id}",
      );
    }
  });

  it("changes the Cosmos DB account one thing after another", () => {
    const { document } = subject(PRIVATE);
    const containers = Object.keys(document.resource["azurerm_cosmosdb_sql_container"] ?? {});
    const role = only(document, "azurerm_cosmosdb_sql_role_assignment");
    for (const name of containers) {
      expect(role["depends_on"]).toContain(`azurerm_cosmosdb_sql_container.${name}`);
    }
    const endpoint = document.resource["azurerm_private_endpoint"]?.["network_endpoint_pecos"];
    expect(endpoint?.["depends_on"]).toEqual([
      "azurerm_cosmosdb_sql_role_assignment.roles_session_store_authorization_server",
    ]);
  });

  it("makes the keys after what takes longest, since the role to make them takes minutes to work", () => {
    for (const key of all(defaults, "azurerm_key_vault_key")) {
      expect(key["depends_on"]).toEqual(
        expect.arrayContaining([
          "azurerm_api_management.gateway_service",
          "azurerm_cosmosdb_sql_container.session_store_sessions",
          "azurerm_role_assignment.keys_deployer",
        ]),
      );
    }
  });

  it("makes alerts on what has not been counted or written yet", () => {
    for (const alert of all(defaults, "azurerm_monitor_scheduled_query_rules_alert_v2")) {
      expect(alert["skip_query_validation"]).toBe(true);
    }
    const errors = defaults.resource["azurerm_monitor_metric_alert"]?.["alerts_server_errors"];
    expect(at(errors ?? {}, "criteria", "skip_metric_validation")).toBe(true);
  });

  it("waits for nothing that Azure makes beside it, and takes that away with the group", () => {
    const [azurerm = {}] = defaults.provider["azurerm"] ?? [];
    expect(at(azurerm, "features", "application_insights", "disable_generated_rule")).toBeUndefined();
    expect(at(azurerm, "features", "resource_group", "prevent_deletion_if_contains_resources")).toBe(false);
  });

  it("GW-6 has the sample server serve the gateway's callers, with the roles that its servers ask for", () => {
    expect(sampleSettings(defaults)).toMatchObject({
      GATEWAY_CLIENT_ID: "${azuread_application_registration.sign_in_application.client_id}",
      ALLOWED_ROLES: "Mcp.User",
      GATEWAY_SCOPES: "mcp.tools mcp.diagnostics",
    });
    const group = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";
    expect(sampleSettings(sampleWith({ groups: [group] }))).toMatchObject({ ALLOWED_GROUPS: group });
    for (const settings of [sampleSettings(defaults), sampleSettings(sampleWith({}))]) {
      expect(settings).not.toHaveProperty("ALLOWED_GROUPS");
      expect(settings).not.toHaveProperty("FURTHER_CLIENT_IDS");
    }
    expect(sampleSettings(sampleWith({}))).not.toHaveProperty("ALLOWED_ROLES");
  });

  it("has Entra give tokens for the sample server to assigned people only, where it asks for a role or group", () => {
    const isRequired = (document: TerraformDocument) =>
      document.resource["azuread_service_principal"]?.["graph_mcp_application_service_principal"]?.[
        "app_role_assignment_required"
      ];
    expect(isRequired(defaults)).toBe(true);
    expect(isRequired(sampleWith({ groups: ["94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d"] }))).toBe(true);
    expect(isRequired(sampleWith({}))).toBe(false);
  });

  it("GW-16 has the app roles of applications, and tells the sample server who may present tokens", () => {
    const { document } = subject({}, ENTRA_TOKENS);
    const memberTypes = Object.fromEntries(
      all(document, "azuread_application_app_role").map((each) => [
        each["value"],
        each["allowed_member_types"],
      ]),
    );
    expect(memberTypes).toMatchObject({
      "Mcp.User": ["User", "Application"],
      "Mcp.Workload": ["Application"],
    });
    expect(memberTypes).not.toHaveProperty("Tickets.Work");
    expect(sampleSettings(document)).toMatchObject({
      FURTHER_CLIENT_IDS: "0f1e2d3c-4b5a-4697-8807-162534435261",
      WORKLOAD_ROLES: "Mcp.Workload Mcp.User",
    });
    expect(sampleSettings(defaults)).not.toHaveProperty("WORKLOAD_ROLES");
  });

  it("GW-16 tells the policies the tenant and the audiences, which Terraform knows when it provisions", () => {
    const { document } = subject({}, ENTRA_TOKENS);
    const values = Object.fromEntries(
      all(document, "azurerm_api_management_named_value").map(({ name, value }) => [name, value]),
    );
    const application = "${azuread_application_registration.graph_mcp_application_application.client_id}";
    expect(values).toMatchObject({
      "entra-authority-host": "https://login.microsoftonline.com",
      "entra-issuer-v1-host": "https://sts.windows.net",
      "entra-tenant-id": "${data.azurerm_client_config.deployer.tenant_id}",
      "entra-audiences-mcp": `${application} api://${application}`,
      "entra-audiences-tickets_mcp":
        "00000000-0000-0000-0000-00000000aaaa api://00000000-0000-0000-0000-00000000aaaa",
    });
  });

  it("lets people be assigned the operator's role, and no application", () => {
    const roles = all(defaults, "azuread_application_app_role");
    expect(roles.find((each) => each["value"] === "Gateway.Operator")).toMatchObject({
      allowed_member_types: ["User"],
    });
  });

  it("trusts each app's own identity, with the audience and issuer that Entra exchanges", () => {
    for (const credential of all(defaults, "azuread_application_federated_identity_credential")) {
      expect(credential["audiences"]).toEqual(["api://AzureADTokenExchange"]);
      expect(credential["issuer"]).toBe(
        "https://login.microsoftonline.com/${data.azurerm_client_config.deployer.tenant_id}/v2.0",
      );
      expect(credential["subject"]).toMatch(
        /^\$\{azurerm_user_assigned_identity\.(authorization_server|graph_mcp)_identity\.principal_id\}$/,
      );
    }
  });

  it("keeps the IDs of scopes and roles", () => {
    const ids = [
      ...all(defaults, "azuread_application_permission_scope").map((block) => block["scope_id"]),
      ...all(defaults, "azuread_application_app_role").map((block) => block["role_id"]),
    ];
    expect(ids).toMatchInlineSnapshot(`
      [
        "1464f039-3b12-54a1-bc5d-e87a012fe87a",
        "e0277063-0547-56e2-b430-4d0b9012e223",
        "b931f089-0e42-5f0f-b880-8df74414ee78",
        "5c146822-6152-5eab-b745-1b9c35101b3d",
      ]
    `);
  });

  it("tells roles and scopes apart whose names differ by what Terraform's names do not have", () => {
    const roles = ["A.B", "A_B", "A/B", "A:B"];
    const [server] = shippedConfig.servers;
    if (!server) throw new Error("the configuration has no server");
    const { document } = subject({}, { servers: [{ ...server, access: { roles } }] });
    const values = all(document, "azuread_application_app_role").map((block) => block["value"]);
    expect(values).toEqual(expect.arrayContaining(roles));
  });

  it("GW-12 makes the app roles that only access rules ask for, has tokens name their groups, and asks callers for neither", () => {
    const group = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";
    const tools = { rules: [{ name: "x", roles: ["Tool.Admin"], groups: [group] }] };
    const servers = shippedConfig.servers.map((server) => ({ ...server, tools }));
    const { document } = subject({}, { servers });
    const values = all(document, "azuread_application_app_role").map((block) => block["value"]);
    expect(values).toEqual(expect.arrayContaining(["Mcp.User", "Tool.Admin"]));
    expect(sampleSettings(document)).toMatchObject({ ALLOWED_ROLES: "Mcp.User" });
    expect(sampleSettings(document)).not.toHaveProperty("ALLOWED_GROUPS");
    const [withGroups, without] = [document, defaults].map(
      (each) => JSON.stringify(each).match(/"group_membership_claims":/g)?.length ?? 0,
    );
    expect(withGroups).toBeGreaterThan(without ?? 0);
  });

  it("keeps the outputs' names, which azd and its hooks read", () => {
    expect(Object.keys(defaults.output ?? {})).toMatchInlineSnapshot(`
      [
        "GATEWAY_URL",
        "MCP_URL",
        "MCP_URL_GRAPH",
        "AZURE_RESOURCE_GROUP",
        "AUTHORIZATION_SERVER_APP_NAME",
        "GRAPH_MCP_APP_NAME",
        "SIGN_IN_CLIENT_ID",
        "GRAPH_MCP_CLIENT_ID",
        "RESOURCE_MANAGER_URL",
        "PORTAL_RESOURCE_GROUP_URL",
        "PORTAL_GATEWAY_URL",
        "PORTAL_TELEMETRY_URL",
        "PORTAL_WORKBOOK_URL",
      ]
    `);
  });

  it("keeps the lot's logical names: a new name is a new resource", () => {
    expect(
      resources(defaults)
        .map(({ address }) => address)
        .filter((address) => !address.includes(".apis_")),
    ).toMatchInlineSnapshot(`
      [
        "azurerm_resource_group.resource_group",
        "azurerm_log_analytics_workspace.telemetry_workspace",
        "azurerm_application_insights.telemetry_insights",
        "azurerm_user_assigned_identity.gateway_identity",
        "azurerm_user_assigned_identity.authorization_server_identity",
        "azurerm_user_assigned_identity.graph_mcp_identity",
        "azurerm_api_management.gateway_service",
        "azuread_application_registration.sign_in_application",
        "azuread_application_registration.graph_mcp_application_application",
        "azuread_application_identifier_uri.sign_in_identifier_uri",
        "azuread_application_identifier_uri.graph_mcp_application_identifier_uri",
        "azuread_application_optional_claims.sign_in_optional_claims",
        "azuread_application_redirect_uris.sign_in_redirect_uris",
        "azuread_application_api_access.sign_in_graph_access",
        "azuread_application_api_access.graph_mcp_application_graph_access",
        "azuread_application_api_access.graph_mcp_application_sign_in_access",
        "azuread_application_federated_identity_credential.sign_in_federated_credential",
        "azuread_application_federated_identity_credential.graph_mcp_application_federated_credential",
        "azuread_application_app_role.sign_in_call_role",
        "azuread_application_app_role.sign_in_operator_role",
        "azuread_application_app_role.graph_mcp_application_role_Mcp_User",
        "azuread_service_principal.sign_in_service_principal",
        "azuread_service_principal.graph_mcp_application_service_principal",
        "azuread_application_permission_scope.graph_mcp_application_scope_Mcp_Access",
        "azuread_application_known_clients.graph_mcp_application_known_clients",
        "azurerm_storage_account.graph_mcp_storage_account_account",
        "azurerm_storage_account.authorization_server_storage_account_account",
        "azurerm_storage_container.graph_mcp_storage_account_deployments",
        "azurerm_storage_container.authorization_server_storage_account_deployments",
        "azurerm_role_assignment.graph_mcp_telemetry",
        "azurerm_role_assignment.graph_mcp_storage",
        "azurerm_role_assignment.keys_deployer",
        "azurerm_role_assignment.roles_authorization_server_telemetry",
        "azurerm_role_assignment.roles_authorization_server_signing",
        "azurerm_role_assignment.roles_authorization_server_wrapping",
        "azurerm_role_assignment.authorization_server_storage",
        "azurerm_role_assignment.gateway_telemetry",
        "azurerm_service_plan.graph_mcp_plan",
        "azurerm_service_plan.authorization_server_plan",
        "azurerm_function_app_flex_consumption.graph_mcp_app",
        "azurerm_function_app_flex_consumption.authorization_server_app",
        "azurerm_cosmosdb_account.session_store_account",
        "azurerm_cosmosdb_sql_database.session_store_database",
        "azurerm_cosmosdb_sql_container.session_store_claims",
        "azurerm_cosmosdb_sql_container.session_store_clients",
        "azurerm_cosmosdb_sql_container.session_store_keys",
        "azurerm_cosmosdb_sql_container.session_store_sessions",
        "azurerm_key_vault.keys_vault",
        "azurerm_monitor_diagnostic_setting.keys_audit",
        "azurerm_key_vault_key.keys_signing",
        "azurerm_key_vault_key.keys_wrapping",
        "azurerm_role_definition.keys_role",
        "azurerm_cosmosdb_sql_role_assignment.roles_session_store_authorization_server",
        "azurerm_resource_group_template_deployment.gateway_logs_logger",
        "azurerm_resource_group_template_deployment.gateway_logs_metrics",
        "azurerm_api_management_api_diagnostic.gateway_logs_diagnostic_oauth",
        "azurerm_api_management_api_diagnostic.gateway_logs_diagnostic_mcp-mcp",
        "azurerm_monitor_scheduled_query_rules_alert_v2.alerts_token_reuse",
        "azurerm_monitor_scheduled_query_rules_alert_v2.alerts_unauthorized_rate",
        "azurerm_monitor_scheduled_query_rules_alert_v2.alerts_refused_tool_calls",
        "azurerm_monitor_scheduled_query_rules_alert_v2.alerts_key_near_expiry",
        "azurerm_monitor_metric_alert.alerts_server_errors",
        "azurerm_monitor_metric_alert.alerts_store_throttled",
        "azurerm_application_insights_workbook.workbook_workbook",
      ]
    `);
  });
});

function functionsApp(document: TerraformDocument, name: string): TerraformBlock {
  return document.resource["azurerm_function_app_flex_consumption"]?.[name] ?? {};
}

function sampleSettings(document: TerraformDocument): Readonly<Record<string, unknown>> {
  return at(functionsApp(document, "graph_mcp_app"), "app_settings") as Readonly<Record<string, unknown>>;
}

/** The stack where the sample server asks for these roles and groups. */
function sampleWith(access: { readonly roles?: string[]; readonly groups?: string[] }): TerraformDocument {
  return subject({}, { servers: shippedConfig.servers.map((server) => ({ ...server, access })) }).document;
}

function authorizationServerSetting(document: TerraformDocument, name: string): string {
  return String(at(functionsApp(document, "authorization_server_app"), "app_settings", name));
}

function policies(document: TerraformDocument): string[] {
  return resources(document).flatMap(({ block }) =>
    typeof block["xml_content"] === "string" ? [block["xml_content"]] : [],
  );
}
