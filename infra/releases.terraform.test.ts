import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../config/schema.ts";
import type { TerraformBlock, TerraformDocument } from "./synthesize.ts";
import { FEW_COLLECTIONS } from "./testing/azd.ts";
import { type Contents, refusals, type Step } from "./testing/azure-refusals.ts";
import { withoutProviders } from "./testing/stand-in.ts";
import { type Environment, subject } from "./testing/subject.ts";

/** Two applies of some 120 resources, on a busy machine. */
const TIMEOUT = 300_000;

const VARIABLES = {
  subscription_id: "11111111-2222-3333-4444-555555555555",
  environment_name: "releases",
  location: "westeurope",
  publisher_email: "operators@example.com",
};

type Server = GatewayConfigInput["servers"][number];
const own = (name: string, changes: Partial<Server>): Server => ({
  name,
  title: name,
  backend: { app: "graph-mcp" },
  entra: { scope: "Mcp.Access" },
  scopes: [{ name: `${name}.use`, description: `use ${name}` }],
  ...changes,
});
const elsewhere = (name: string, path: string): Server =>
  own(name, {
    path,
    backend: { url: `https://${name}.example/mcp` },
    entra: { scope: `api://${name}/Use` },
  });

/** A server without an application in Entra, whose roles are the sign-in application's. */
const withoutEntra = (name: string, identity: NonNullable<Server["identity"]>, roles: string[]): Server => {
  const { entra: _, ...server } = elsewhere(name, `/${name}/mcp`);
  return { ...server, identity, access: { roles } };
};

const EARLIER: GatewayConfigInput = {
  servers: [
    own("graph", { access: { roles: ["Reader", "Writer", "Admin"] } }),
    own("more", { entra: { scope: "Mcp.More" } }),
    elsewhere("notes", "/notes/mcp"),
    elsewhere("diary", "/diary/mcp"),
    elsewhere("old", "/old/mcp"),
    elsewhere("wiki", "/wiki/mcp"),
    withoutEntra("desk", { assertion: { audience: "desk", claims: ["email"] } }, ["Desk.User", "Desk.Admin"]),
  ],
};
/**
 * The first server has another name, two have exchanged their paths, and two are gone, one with its scope. One gets
 * assertions instead of Entra tokens, and one nothing instead of assertions.
 */
const LATER: GatewayConfigInput = {
  servers: [
    own("files", { entra: { scope: "Mcp.Access" }, access: { roles: ["Reader"] } }),
    elsewhere("notes", "/diary/mcp"),
    elsewhere("diary", "/notes/mcp"),
    withoutEntra("wiki", { assertion: { audience: "wiki" } }, ["Wiki.Reader"]),
    withoutEntra("desk", "none", ["Desk.Admin"]),
  ],
};
const SETTINGS = {
  GATEWAY_ADMIN_CONSENT: "true",
  GATEWAY_PREAUTHORIZED_CLIENT_IDS:
    "aebc6443-996d-45c2-90f0-388ff96faa56,aebc6443-996d-45c2-90f0-388ff96faa57",
};

/** A fragment and a named value that the earlier release had, made and named as the stack makes and names those of today. */
function withFormerParts(document: TerraformDocument): TerraformDocument {
  const copy = structuredClone(document) as {
    resource: Record<string, Record<string, Record<string, unknown>>>;
  };
  const of = (type: string, name: string) => {
    const block = copy.resource[type]?.[name];
    if (!block) throw new Error(`there is no ${type}.${name}`);
    return block;
  };
  const values = "azurerm_api_management_named_value";
  const fragments = "azurerm_api_management_policy_fragment";
  const value = { ...of(values, "apis_named_value_gateway-origin"), name: "former", display_name: "former" };
  const fragment: Record<string, unknown> = {
    ...of(fragments, "apis_fragment_mcp-error"),
    name: "former",
    value: '<fragment><set-variable name="former" value="{{former}}" /></fragment>',
  };
  fragment["depends_on"] = [...(fragment["depends_on"] as string[]), `${values}.apis_named_value_former`];
  copy.resource[values] = { ...copy.resource[values], apis_named_value_former: value };
  copy.resource[fragments] = { ...copy.resource[fragments], apis_fragment_former: fragment };
  for (const name of ["apis_policy_oauth", "apis_policy_mcp-mcp"]) {
    const policy = of("azurerm_api_management_api_policy", name);
    policy["xml_content"] = String(policy["xml_content"]).replace(
      "<inbound>",
      '<inbound><include-fragment fragment-id="former" /><set-variable name="x" value="{{former}}" />',
    );
    policy["depends_on"] = [
      ...(policy["depends_on"] as string[]),
      `${values}.apis_named_value_former`,
      `${fragments}.apis_fragment_former`,
    ];
  }
  return copy as unknown as TerraformDocument;
}

/** Leaves out the operations of the OAuth API that do not belong to a server, to save time. */
function release(settings: Environment, config: GatewayConfigInput): TerraformDocument {
  const { document } = subject(settings, config);
  const resource = Object.fromEntries(
    Object.entries(document.resource).map(([type, blocks]) => [
      type,
      Object.fromEntries(
        Object.entries(blocks).filter(([name]) => !/_oauth_(?!protected-resource-metadata)/.test(name)),
      ),
    ]),
  );
  return { ...document, resource };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "releases-"));
  await writeFile(join(folder, "terraform.tfvars.json"), JSON.stringify(VARIABLES));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function terraform(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("terraform", args, {
    cwd: folder,
    env: { PATH: process.env["PATH"], TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", ...FEW_COLLECTIONS },
    timeout: TIMEOUT,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

interface Line {
  readonly type: string;
  readonly hook?: { readonly resource: { readonly addr: string }; readonly action: Step["action"] };
  readonly change?: { readonly resource: { readonly addr: string }; readonly action: string };
}

/** "azurerm_key_vault.keys_vault" for what stands for it. */
function addressOf(standIn: string): string {
  return standIn
    .replace(/^terraform_data\./, "")
    .replace(/\[.*$/, "")
    .replace("__", ".");
}

/** Applies a document. */
async function provision(document: TerraformDocument) {
  await writeFile(join(folder, "cdk.tf.json"), JSON.stringify(withoutProviders(document)));
  await terraform("init", "-input=false");
  const lines: Line[] = (await terraform("apply", "-auto-approve", "-input=false", "-json"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const steps = lines.flatMap(({ type, hook }): Step[] =>
    hook && (type === "apply_start" || type === "apply_complete")
      ? [
          {
            at: type === "apply_start" ? "start" : "complete",
            action: hook.action,
            address: addressOf(hook.resource.addr),
          },
        ]
      : [],
  );
  const planned = lines.flatMap(({ type, change }) =>
    type === "planned_change" && change ? [`${change.action} ${addressOf(change.resource.addr)}`] : [],
  );
  return { steps, planned, contents: await contents() };
}

async function contents(): Promise<Contents> {
  const state: {
    resources: { name: string; instances: { attributes: { output: { value: TerraformBlock } } }[] }[];
  } = JSON.parse(await readFile(join(folder, "terraform.tfstate"), "utf8"));
  return new Map(
    state.resources.map(({ name, instances }) => [
      addressOf(name),
      instances[0]?.attributes.output.value ?? {},
    ]),
  );
}

describe("a release after another, played with Terraform and without the providers", () => {
  let first: Awaited<ReturnType<typeof provision>>;
  let second: Awaited<ReturnType<typeof provision>>;

  beforeAll(async () => {
    first = await provision(withFormerParts(release(SETTINGS, EARLIER)));
    second = await provision(release({ ...SETTINGS, GATEWAY_COSMOS_MAX_RU: "1000" }, LATER));
  }, TIMEOUT);

  it("OPS-1 removes a fragment, a named value, a scope and servers in one run, and nothing that is still named", () => {
    expect(second.planned.filter((each) => each.startsWith("delete "))).toEqual(
      expect.arrayContaining([
        "delete azurerm_api_management_policy_fragment.apis_fragment_former",
        "delete azurerm_api_management_named_value.apis_named_value_former",
        "delete azuread_application_permission_scope.graph_mcp_application_scope_Mcp_More",
        "delete azuread_application_app_role.graph_mcp_application_role_Writer",
        "delete azuread_application_app_role.graph_mcp_application_role_Admin",
        "delete azuread_application_app_role.sign_in_role_Desk_User",
        "delete azurerm_api_management_api.apis_api_mcp-more_mcp",
        "delete azurerm_api_management_api.apis_api_mcp-old_mcp",
      ]),
    );
    expect(refusals(first.steps, new Map(), first.contents)).toEqual([]);
    expect(refusals(second.steps, first.contents, second.contents)).toEqual([]);
  });

  it("OPS-1 changes in place what stays at its path, under another name or with another server", () => {
    const made = second.planned.filter((each) => /^(create|replace) /.test(each));
    const operations = ["delete", "get", "head", "post"];
    expect(made.filter((each) => !each.includes(".session_store_")).sort()).toEqual([
      "create azuread_application_app_role.sign_in_role_Wiki_Reader",
      ...operations.map(
        (name) =>
          `create azurerm_api_management_api_operation_policy.apis_operation_policy_mcp-desk_mcp_${name}`,
      ),
      "replace azurerm_cosmosdb_sql_role_assignment.roles_session_store_authorization_server",
    ]);
    expect(second.planned).toEqual(
      expect.arrayContaining([
        "update azurerm_api_management_api.apis_api_mcp-mcp",
        "update azurerm_api_management_api.apis_api_mcp-notes_mcp",
        "update azurerm_api_management_api.apis_api_mcp-diary_mcp",
      ]),
    );
  });

  it("makes another Cosmos DB account for autoscale, has the app use it, and deletes the serverless one last", () => {
    const place = (at: Step["at"], action: Step["action"], address: string) => {
      const index = second.steps.findIndex(
        (step) => step.at === at && step.action === action && step.address === address,
      );
      expect(index).toBeGreaterThanOrEqual(0);
      return index;
    };
    const role = "azurerm_cosmosdb_sql_role_assignment.roles_session_store_authorization_server";
    const app = "azurerm_function_app_flex_consumption.authorization_server_app";
    const gone = second.steps.findIndex(
      ({ at, action, address }) =>
        at === "start" && action === "delete" && (address.includes(".session_store_") || address === role),
    );
    expect(gone).toBeGreaterThan(place("complete", "create", role));
    expect(gone).toBeGreaterThan(
      place("complete", "create", "azurerm_cosmosdb_sql_container.session_store_sessions"),
    );
    expect(place("start", "delete", "azurerm_cosmosdb_account.session_store_account")).toBeGreaterThan(
      place("complete", "update", app),
    );
  });

  it("OPS-1 changes nothing when it is provisioned again", { timeout: TIMEOUT }, async () => {
    expect(await terraform("plan", "-input=false", "-no-color")).toContain("No changes.");
  });
});
