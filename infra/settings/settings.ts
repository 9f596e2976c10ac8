import { resourceIdParts } from "../terraform/resource-id.ts";
import { type SettingName, type SettingRow, settingsTable } from "./table.ts";

/** The settings of one deployment, read and checked. What has no value is undefined or empty. */
export interface DeploymentSettings {
  /** azd's own: the short name of the Azure region. */
  readonly location: string | undefined;
  readonly publisherName: string;
  readonly namePrefix: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly sampleServer: boolean;
  readonly apim:
    | { readonly kind: "new"; readonly sku: string; readonly tier: ApimTier }
    | { readonly kind: "existing"; readonly id: string; readonly identityId: string };
  readonly origin: string | undefined;
  readonly redisSecretId: string | undefined;
  readonly privateNetwork: { readonly deployerAddresses: readonly string[] } | undefined;
  readonly cosmos: { readonly maxThroughput: number | undefined; readonly regions: readonly string[] };
  readonly deployerObjectIds: readonly string[];
  readonly assignmentRequired: boolean;
  readonly adminConsent: boolean;
  readonly preauthorizedClientIds: readonly string[];
  readonly alertEmail: string | undefined;
  readonly remoteState: boolean;
}

export type ApimTier = "BasicV2" | "StandardV2" | "Consumption";

/** Settings that cannot be used; the message has one line for each. */
class SettingsTableError extends Error {
  override name = "SettingsTableError";
}

/**
 * Reads the settings from the environment, where azd puts those of `azd env set`.
 *
 * @throws SettingsTableError naming each wrong setting, what is allowed and how to mend it
 */
export function readDeploymentSettings(environment: Environment): DeploymentSettings {
  const problems: string[] = [];
  const refuse: Refuse = (name, why) => problems.push(`${name}: ${why}`);
  const values = readValues(environment, refuse);
  checkGateway(values, environment, refuse);
  checkNetwork(values, refuse);
  checkStore(values, environment, refuse);
  checkRemoteState(values, refuse);
  if (problems.length > 0) throw new SettingsTableError(problems.join("\n"));

  const { text, optional, flag, list, apimId, sku, tier, privateNetwork, deployerAddresses } = values;
  const { maxThroughput, regions, remoteState } = values;
  return {
    location: environment["AZURE_LOCATION"] || undefined,
    publisherName: text("GATEWAY_PUBLISHER_NAME"),
    namePrefix: text("GATEWAY_NAME_PREFIX"),
    tags: Object.fromEntries(list("GATEWAY_TAGS").map(tag)),
    sampleServer: flag("GATEWAY_SAMPLE_SERVER"),
    apim: apimId
      ? { kind: "existing", id: apimId, identityId: text("GATEWAY_APIM_IDENTITY_ID") }
      : { kind: "new", sku, tier },
    origin: optional("GATEWAY_ORIGIN"),
    redisSecretId: optional("GATEWAY_REDIS_SECRET_ID"),
    privateNetwork: privateNetwork ? { deployerAddresses } : undefined,
    cosmos: { maxThroughput, regions },
    deployerObjectIds: list("GATEWAY_DEPLOYER_IDS"),
    assignmentRequired: flag("GATEWAY_ASSIGNMENT_REQUIRED"),
    adminConsent: flag("GATEWAY_ADMIN_CONSENT"),
    preauthorizedClientIds: list("GATEWAY_PREAUTHORIZED_CLIENT_IDS"),
    alertEmail: optional("GATEWAY_ALERT_EMAIL"),
    remoteState: remoteState.length > 0,
  };
}

type Environment = Readonly<Record<string, string | undefined>>;
type Refuse = (name: SettingName, why: string) => void;
type Values = ReturnType<typeof readValues>;

function readValues(environment: Environment, refuse: Refuse) {
  const values = new Map<SettingName, string>();
  for (const [name, row] of Object.entries(settingsTable) as [SettingName, SettingRow][]) {
    const value = environment[name]?.trim() || row.default;
    values.set(name, value);
    const problem = wrong(row, value);
    if (problem) refuse(name, problem);
  }
  const text = (name: SettingName) => values.get(name) ?? "";
  const flag = (name: SettingName) => text(name) === "true";
  const list = (name: SettingName) => entries(text(name));
  const sku = text("GATEWAY_APIM_SKU");
  return {
    text,
    optional: (name: SettingName) => text(name) || undefined,
    flag,
    list,
    sku,
    tier: sku.split("_")[0] as ApimTier,
    apimId: text("GATEWAY_APIM_ID"),
    maxThroughput: Number(text("GATEWAY_COSMOS_MAX_RU")) || undefined,
    regions: list("GATEWAY_COSMOS_REGIONS"),
    privateNetwork: flag("GATEWAY_PRIVATE_NETWORK"),
    deployerAddresses: list("GATEWAY_DEPLOYER_ADDRESSES"),
    remoteState: REMOTE_STATE.filter((name) => text(name) !== ""),
  };
}

function checkGateway({ text, apimId, tier }: Values, environment: Environment, refuse: Refuse): void {
  if (apimId && !text("GATEWAY_APIM_IDENTITY_ID")) {
    refuse("GATEWAY_APIM_IDENTITY_ID", "is needed with GATEWAY_APIM_ID: the apps must know whom to trust");
  }
  const subscription = environment["AZURE_SUBSCRIPTION_ID"]?.toLowerCase();
  for (const name of ["GATEWAY_APIM_ID", "GATEWAY_APIM_IDENTITY_ID"] as const) {
    const other = resourceIdParts(text(name)).subscriptionId.toLowerCase();
    if (other && subscription && other !== subscription) {
      refuse(name, `is in another subscription than the deployment's, ${subscription}`);
    }
  }
  if (!apimId && text("GATEWAY_APIM_IDENTITY_ID")) {
    refuse("GATEWAY_APIM_IDENTITY_ID", "goes with GATEWAY_APIM_ID, which is not set");
  }
  if (!apimId && tier === "Consumption" && !text("GATEWAY_REDIS_SECRET_ID")) {
    refuse("GATEWAY_REDIS_SECRET_ID", "is needed with the Consumption tier, which has no cache of its own");
  }
}

function checkNetwork({ apimId, tier, privateNetwork, deployerAddresses }: Values, refuse: Refuse): void {
  if (privateNetwork && !apimId && tier !== "StandardV2") {
    refuse(
      "GATEWAY_PRIVATE_NETWORK",
      `needs GATEWAY_APIM_SKU StandardV2_<units>; ${tier} cannot join a network`,
    );
  }
  if (privateNetwork && deployerAddresses.length === 0) {
    refuse(
      "GATEWAY_DEPLOYER_ADDRESSES",
      "is needed with GATEWAY_PRIVATE_NETWORK: the machine that deploys makes the keys in Key Vault",
    );
  }
  if (!privateNetwork && deployerAddresses.length > 0) {
    refuse("GATEWAY_DEPLOYER_ADDRESSES", "goes with GATEWAY_PRIVATE_NETWORK, which is off");
  }
}

function checkStore({ regions, maxThroughput }: Values, environment: Environment, refuse: Refuse): void {
  if (regions.length > 0 && maxThroughput === undefined) {
    refuse("GATEWAY_COSMOS_REGIONS", "needs GATEWAY_COSMOS_MAX_RU: a serverless account has one region");
  }
  const twice = [environment["AZURE_LOCATION"], ...regions].find(
    (region, i, all) => all.indexOf(region) !== i,
  );
  if (twice) {
    refuse("GATEWAY_COSMOS_REGIONS", `has ${twice} twice; the deployment's own location goes without saying`);
  }
  if (maxThroughput !== undefined && maxThroughput % 1000 !== 0) {
    refuse("GATEWAY_COSMOS_MAX_RU", "goes in steps of 1000");
  }
}

function checkRemoteState({ text, remoteState }: Values, refuse: Refuse): void {
  for (const name of remoteState.length === 0 ? [] : REMOTE_STATE) {
    if (!text(name)) refuse(name, `is needed with ${remoteState.join(" and ")}`);
  }
}

const REMOTE_STATE = ["RS_RESOURCE_GROUP", "RS_STORAGE_ACCOUNT", "RS_CONTAINER_NAME"] as const;

/** @returns what is wrong with the value by itself, if anything */
function wrong(
  { kind, bounds, pattern, least = 0, most = Number.MAX_SAFE_INTEGER }: SettingRow,
  value: string,
) {
  const allowed = (each: string) => !pattern || pattern.test(each);
  const fine = {
    text: () => value === "" || allowed(value),
    flag: () => value === "true" || value === "false",
    list: () => entries(value).every(allowed),
    tags: () => entries(value).every(allowed),
    number: () => value === "0" || (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most),
  }[kind]();
  return fine ? undefined : `"${value}" is not allowed: ${bounds}`;
}

function entries(value: string): string[] {
  return value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function tag(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}
