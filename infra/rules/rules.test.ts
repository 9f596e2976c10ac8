import { describe, expect, it } from "vitest";
import { KEY_USER_DATA_ACTIONS } from "../constructs/role-reasons.ts";
import { VARIANTS } from "../testing/subject.ts";
import type { Subject } from "./rule.ts";
import { rules } from "./rules.ts";

type Block = Record<string, unknown>;
type Mutable = {
  resource: Record<string, Record<string, Block>>;
  output: Record<string, Block>;
  provider: Record<string, Block[]>;
};

describe.each(Object.entries(VARIANTS))("the stack with %s", (_, subject) => {
  it.each(rules)("has $name", (rule) => {
    expect(rule.check(subject)).toEqual([]);
  });
});

/** For each rule, what breaks it. */
const BREAKS: Readonly<Record<string, ((document: Mutable) => void)[]>> = {
  "no key or password authentication anywhere it can be off": [
    (d) => set(d, "azurerm_storage_account", { shared_access_key_enabled: true }),
    (d) => set(d, "azurerm_cosmosdb_account", { local_authentication_disabled: false }),
    (d) => add(d, "azuread_application_password", { application_id: "x" }),
  ],
  "no public store where private is chosen": [
    (d) => set(d, "azurerm_cosmosdb_account", { public_network_access_enabled: true }),
    (d) => set(d, "azurerm_key_vault", { network_acls: { default_action: "Allow" } }),
    (d) => {
      delete d.resource["azurerm_private_endpoint"];
    },
  ],
  "no secret output": [
    (d) => {
      d.output["KEY"] = { value: "${azurerm_cosmosdb_account.session_store_account.primary_key}" };
    },
    (d) => {
      d.output["HIDDEN"] = { value: "x", sensitive: true };
    },
  ],
  "no host key": [
    (d) => add(d, "azurerm_api_management_backend", { credentials: { header: { k: "x-functions-key" } } }),
    (d) =>
      add(d, "azurerm_api_management_named_value", { name: "backend-graph-x-functions-key", value: "x" }),
    (d) =>
      add(d, "azurerm_api_management_named_value", {
        name: "backend-graph-x-functions-key",
        value_from_key_vault: { secret_id: "x" },
      }),
    (d) =>
      replacePolicy(
        d,
        "azurerm_api_management_api_policy",
        "apis_policy_mcp-mcp",
        "<base />",
        '<base /><set-header name="x-functions-key" exists-action="override"><value>{{backend-graph-x-functions-key}}</value></set-header>',
      ),
  ],
  "TLS 1.2 or newer": [
    (d) => set(d, "azurerm_storage_account", { min_tls_version: "TLS1_0" }),
    (d) => set(d, "azurerm_api_management", { security: { frontend_tls10_enabled: true } }),
    (d) => set(d, "azurerm_api_management_api", { protocols: ["http", "https"] }),
  ],
  "no wildcard CORS on sign-in paths": [
    (d) =>
      replacePolicy(
        d,
        "azurerm_api_management_api_operation_policy",
        "apis_operation_policy_oauth_authorize",
        "<inbound>",
        "<inbound><cors>",
      ),
    (d) =>
      replacePolicy(
        d,
        "azurerm_api_management_api_policy",
        "apis_policy_oauth",
        "<inbound>",
        "<inbound><cors>",
      ),
  ],
  "diagnostics without tokens": [
    (d) =>
      set(d, "azurerm_api_management_api_diagnostic", {
        frontend_request: { body_bytes: 1, headers_to_log: [] },
      }),
    (d) => set(d, "azurerm_api_management_api_diagnostic", { log_client_ip: true }),
    (d) => replaceTemplate(d, '"logClientIp":false', '"logClientIp":true'),
    (d) => replaceTemplate(d, '"bytes":0', '"bytes":100'),
    (d) => replaceTemplate(d, '"mode":"Hide"', '"mode":"Mask"'),
    (d) =>
      set(d, "azurerm_api_management_api_diagnostic", {
        backend_request: { body_bytes: 0, headers_to_log: [] },
      }),
    (d) =>
      set(d, "azurerm_api_management_api_diagnostic", {
        backend_response: { body_bytes: 0, headers_to_log: ["Location"] },
      }),
  ],
  "every role assignment on a list with its reason": [
    (d) =>
      add(d, "azurerm_role_assignment", {
        scope: "${azurerm_key_vault.keys_vault.id}",
        role_definition_name: "Owner",
      }),
    (d) => set(d, "azurerm_role_assignment", { role_definition_name: "Key Vault Crypto User" }),
    (d) =>
      set(d, "azurerm_role_assignment", {
        role_definition_name: "Key Vault Secrets User",
        scope: "/subscriptions/x/resourceGroups/x/providers/Microsoft.KeyVault/vaults/contoso",
      }),
    (d) =>
      set(d, "azurerm_role_assignment", {
        role_definition_name: undefined,
        role_definition_id: "${azurerm_role_definition.keys_role.role_definition_resource_id}",
      }),
    (d) =>
      set(d, "azurerm_cosmosdb_sql_role_assignment", {
        scope: "${azurerm_cosmosdb_account.session_store_account.id}",
      }),
  ],
  "OPS-2 no custom role but the key user's, which signs, verifies, wraps, unwraps and reads keys": [
    (d) => set(d, "azurerm_role_definition", { permissions: [{ actions: ["*"], data_actions: [] }] }),
    (d) =>
      set(d, "azurerm_role_definition", {
        permissions: [{ actions: [], data_actions: ["Microsoft.KeyVault/vaults/keys/*"] }],
      }),
    (d) =>
      set(d, "azurerm_role_definition", {
        permissions: [
          { data_actions: [...KEY_USER_DATA_ACTIONS, "Microsoft.KeyVault/vaults/keys/backup/action"] },
        ],
      }),
    (d) => set(d, "azurerm_role_definition", { permissions: [{ actions: [], data_actions: [] }] }),
    (d) => set(d, "azurerm_role_definition", { assignable_scopes: ["/subscriptions/x"] }),
    (d) => add(d, "azurerm_role_definition", {}),
    (d) => {
      delete d.resource["azurerm_role_definition"];
    },
  ],
  "keys not exportable, rotated by policy, never replaced": [
    (d) => set(d, "azurerm_key_vault_key", { key_size: 1024 }),
    (d) => set(d, "azurerm_key_vault_key", { lifecycle: {} }),
    (d) => set(d, "azurerm_key_vault_key", { rotation_policy: { expire_after: "P1Y" } }),
    (d) => set(d, "azurerm_key_vault_key", { depends_on: [] }),
  ],
  "policies' named values and fragments all defined": [
    (d) => {
      delete d.resource["azurerm_api_management_named_value"]?.["apis_named_value_gateway-origin"];
    },
    (d) => {
      delete d.resource["azurerm_api_management_policy_fragment"]?.["apis_fragment_mcp-challenge"];
    },
  ],
  "every policy in the stack equal to its file but for comments": [
    (d) =>
      replacePolicy(
        d,
        "azurerm_api_management_api_policy",
        "apis_policy_mcp-mcp",
        "<base />",
        "<base /><!-- -->",
      ),
    (d) =>
      replacePolicy(d, "azurerm_api_management_api_policy", "apis_policy_mcp-mcp", "<base />", "<base/>"),
    (d) => set(d, "azurerm_api_management_policy_fragment", { format: "xml" }),
  ],
  "policies that can be saved before the apps have their code": [
    (d) =>
      replacePolicy(
        d,
        "azurerm_api_management_policy_fragment",
        "apis_fragment_proxy-token",
        ' validate-connectivity="false"',
        "",
      ),
  ],
  "every operation in the stack known to the local gateway and the reverse": [
    (d) => set(d, "azurerm_api_management_api_operation", { url_template: "/elsewhere" }),
    (d) => {
      delete d.resource["azurerm_api_management_api_operation"]?.["apis_operation_oauth_token"];
    },
  ],
  "every app tagged with a service of azure.yaml": [
    (d) => set(d, "azurerm_function_app_flex_consumption", { tags: { "azd-service-name": "another" } }),
  ],
  "names within what Azure allows": [
    (d) => set(d, "azurerm_api_management_api_operation", { operation_id: "ends-with-a-dash-" }),
    (d) => set(d, "azurerm_api_management_api", { name: "x".repeat(257) }),
    (d) => set(d, "azurerm_key_vault", { name: "a-prefix-of-many-letters-${local.suffix}" }),
  ],
  "only attributes that the provider knows, and all that it requires": [
    (d) => set(d, "azurerm_cosmosdb_account", { enable_everything: true }),
    (d) => set(d, "azurerm_cosmosdb_account", { offer_type: undefined }),
    (d) => set(d, "azurerm_cosmosdb_account", { backup: { type: "Continuous", flavour: "x" } }),
    (d) => set(d, "azurerm_key_vault", { soft_delete_retention_days: "ninety" }),
    (d) => set(d, "azurerm_key_vault", { tenant_id: "${azurerm_resource_group.resource_group.tenant}" }),
    (d) => add(d, "azurerm_magic_wand", {}),
  ],
  "references resolve, without a cycle": [
    (d) => set(d, "azurerm_key_vault", { tenant_id: "${azurerm_resource_group.another.id}" }),
    (d) => set(d, "azurerm_key_vault", { name: "${local.nothing}" }),
    (d) => set(d, "azurerm_resource_group", { name: "${azurerm_key_vault.keys_vault.name}" }),
  ],
  "every resource provider registered that the stack uses, by its exact name": [
    (d) => register(d, (names) => names.filter((name) => name !== "Microsoft.DocumentDB")),
    (d) => register(d, (names) => names.map((name) => name.replace("microsoft.", "Microsoft."))),
    (d) => add(d, "azurerm_redis_cache", {}),
  ],
  "OPS-1 fragments, named values and scopes that a later release can remove": [
    (d) => set(d, "azurerm_api_management_named_value", { lifecycle: {} }),
    (d) => set(d, "azurerm_api_management_policy_fragment", { lifecycle: undefined }),
    (d) => set(d, "azuread_application_permission_scope", { lifecycle: { create_before_destroy: false } }),
  ],
  "OPS-1 each list of an Entra application written one entry after the other": [
    (d) => set(d, "azuread_application_pre_authorized", { depends_on: undefined }),
    (d) => set(d, "azuread_application_api_access", { depends_on: [] }),
    (d) =>
      add(d, "azuread_application_app_role", {
        application_id: "${azuread_application_registration.sign_in_application.id}",
      }),
    (d) =>
      add(d, "azuread_application_permission_scope", {
        application_id: "${azuread_application_registration.graph_mcp_application_application.id}",
      }),
  ],
  "subnets used only once they have their network security group": [
    (d) =>
      set(d, "azurerm_api_management", {
        virtual_network_configuration: { subnet_id: "${azurerm_subnet.network_subnet_gateway.id}" },
      }),
  ],
};

describe.each(rules)("$name", (rule) => {
  const breaks = BREAKS[rule.name] ?? [];

  it("has a counterexample", () => {
    expect(breaks.length).toBeGreaterThan(0);
  });

  it.each(breaks.map((mutate, index) => ({ index, mutate })))(
    "is found missing (counterexample $index)",
    ({ mutate }) => {
      const whole = VARIANTS["everything on, private"] as Subject;
      const document = structuredClone(whole.document);
      mutate(document as unknown as Mutable);
      expect(rule.check({ ...whole, document })).not.toEqual([]);
    },
  );
});

function set({ resource }: Mutable, type: string, values: Block): void {
  for (const block of Object.values(resource[type] ?? {})) Object.assign(block, values);
}

function add({ resource }: Mutable, type: string, block: Block): void {
  resource[type] = { ...resource[type], added: block };
}

function register({ provider }: Mutable, change: (names: string[]) => string[]): void {
  for (const block of provider["azurerm"] ?? []) {
    block["resource_providers_to_register"] = change(block["resource_providers_to_register"] as string[]);
  }
}

function replaceTemplate({ resource }: Mutable, from: string, to: string): void {
  const block = resource["azurerm_resource_group_template_deployment"]?.["gateway_logs_metrics"];
  if (!block) throw new Error("the template is not there");
  block["template_content"] = String(block["template_content"]).replace(from, to);
}

function replacePolicy({ resource }: Mutable, type: string, name: string, from: string, to: string): void {
  const block = resource[type]?.[name];
  if (!block) throw new Error(`${type}.${name} is not there`);
  const member = block["xml_content"] === undefined ? "value" : "xml_content";
  block[member] = String(block[member]).replace(from, to);
}
