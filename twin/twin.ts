import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type LocalGateway, startGateway } from "apim-local-gateway";
import { appDemands } from "../config/app-demands.ts";
import { signInDemands } from "../config/identity.ts";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { ServerConfig } from "../config/servers.ts";
import { buildApps } from "../functions/build.ts";
import { routes } from "../functions/graph-mcp/contract.ts";
import { describeGateway } from "../infra/apis/describe.ts";
import { type KeySettings, keysInFolder, keysInVault } from "./app-keys.ts";
import { type AppsContext, startAuthorizationServer, startGraphMcp } from "./apps.ts";
import { backendSecrets } from "./backend-secrets.ts";
import type { Component, LogSink } from "./component.ts";
import { type SessionDatabase, startSessionDatabase } from "./cosmos/session-database.ts";
import type { LocalCosmos } from "./cosmos/start.ts";
import { configuredTenant, type DemoTenant, demoTenant } from "./entra/demo-tenant.ts";
import { type EntraOptions, type LocalEntra, startEntra } from "./entra/start.ts";
import { freePort } from "./free-port.ts";
import type { FunctionsApp } from "./functions-host/start.ts";
import { type LocalGraph, startGraph } from "./graph/start.ts";
import type { LocalKeyVault } from "./key-vault/start.ts";
import { startNotes } from "./notes-mcp/start.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
/** Git-ignored; whatever a twin writes lies below it, and goes with it. */
const SCRATCH = join(REPOSITORY, ".twin");

/** A proxy in front of a component, which can disturb the requests of the other components to it. */
export interface FaultProxy {
  /** Known before the component starts. */
  readonly url: string;
  forwardTo(url: string): void;
}

/** Where configurations say that the example server is; the twin answers for it, as a hosts file would. */
const NOTES_URL = "https://notes.example/mcp";

export interface TwinOptions {
  readonly config: GatewayConfig;
  /** Of the gateway; any free one when left out. */
  readonly port?: number;
  /** Where clients find the gateway, when something stands before it; the gateway's own when left out. */
  readonly origin?: string;
  /** Makes the tenant for an origin; the demo tenant when left out. */
  readonly tenant?: (origin: string) => DemoTenant;
  /** Bundle folders by app, where they are built already. */
  readonly bundles?: Readonly<Record<string, string>>;
  /** Policy files; the repository's when left out. */
  readonly policiesFolder?: string;
  /** How many processes serve the authorization server; 1 when left out. */
  readonly authorizationServerInstances?: number;
  /** Seconds; that of the Entra stand-in's own choice when left out. */
  readonly entraTokenLifetime?: number;
  /** Whether the keys lie in a Key Vault stand-in, as in Azure, instead of a folder; false when left out. */
  readonly keyVault?: boolean;
  /** Lets the Entra stand-in remember what it issued, for tests that look for it elsewhere. */
  readonly recordIssued?: boolean;
  /** Proxies in front of these components. */
  readonly faultProxies?: Partial<Readonly<Record<"authorizationServer" | "cosmos" | "entra", FaultProxy>>>;
  /** Where secrets for backends are looked up; the process's own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly log: LogSink;
  /** Called as each component is ready. */
  readonly onReady?: (component: Component) => void;
}

/** The whole system on loopback: the shipped bundles and the very policies, around stand-ins for what only Azure has. */
export interface Twin {
  readonly origin: string;
  readonly resolved: ResolvedGateway;
  readonly tenant: DemoTenant;
  readonly gateway: LocalGateway;
  readonly authorizationServer: FunctionsApp;
  readonly graphMcp: FunctionsApp;
  readonly entra: LocalEntra;
  readonly graph: LocalGraph;
  readonly cosmos: LocalCosmos;
  /** Where {@link TwinOptions.keyVault} asked for it. */
  readonly keyVault: LocalKeyVault | undefined;
  /** Everything that the twin writes is below it. */
  readonly folder: string;
  /** Ends every component and removes what the twin wrote. */
  stop(): Promise<void>;
}

/**
 * Starts a twin.
 *
 * @throws Error when a part does not start: a port in use, a policy or a setting that is wrong; nothing is left running
 */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const started: Component[] = [];
  const folder = join(SCRATCH, randomUUID());
  const stop = async () => {
    for (const component of started.splice(0).reverse()) await component.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const ready = <T extends Component>(component: T): T => {
    started.push(component);
    options.onReady?.(component);
    return component;
  };
  try {
    return { ...(await startComponents(options, folder, ready)), folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Ready = <T extends Component>(component: T) => T;

async function startComponents(
  options: TwinOptions,
  folder: string,
  ready: Ready,
): Promise<Omit<Twin, "folder" | "stop">> {
  const { config, log, faultProxies = {} } = options;
  const port = options.port ?? (await freePort());
  const origin = options.origin ?? `http://localhost:${port}`;
  const tenant = tenantOf(options, origin);
  const [bundles, database, entra] = await startTogether([
    options.bundles ?? buildApps({ onlyWhatChanged: true }),
    startDatabase(log, ready),
    startEntra(entraOptions(options, tenant)).then(ready),
  ]);
  const authorityHost = reachedAt(entra, faultProxies.entra);
  const keys = await startKeys(options, folder, authorityHost, tenant, ready);
  const graph = ready(await startGraph({ ...tenant, authorityHost, log }));
  const apps: AppsContext = { config, tenant, entra, authorityHost, bundles, log };
  // Known before the app is, so that both apps can start together.
  const graphMcpPort = await freePort();
  const mcpUrl = `http://127.0.0.1:${graphMcpPort}${routes.mcp}`;
  const resolved = resolveGateway(await withNotes(apps, ready), {
    origin,
    apps: { "graph-mcp": { mcpUrl, applicationId: tenant.graphMcp.clientId } },
  });
  const [graphMcp, authorizationServer] = await startTogether([
    startGraphMcp(apps, { graphUrl: graph.url, port: graphMcpPort }).then(ready),
    startAuthorizationServer(apps, {
      resolved,
      database: database.access,
      cosmosUrl: reachedAt(database.cosmos, faultProxies.cosmos),
      keys: keys.settings,
      instances: options.authorizationServerInstances ?? 1,
    }).then(ready),
  ]);
  const description = describeGateway(
    resolved,
    config,
    {
      url: reachedAt(authorizationServer, faultProxies.authorizationServer),
      audience: `api://${tenant.signIn.clientId}`,
      gatewayIdentityClientId: tenant.identity.gateway.clientId,
    },
    { authorityHost, issuerV1Host: authorityHost, tenantId: tenant.tenantId },
  );
  const secrets = backendSecrets(description, options.environment ?? process.env);
  const gateway = ready(
    await startGateway({
      description: { ...description, namedValues: [...description.namedValues, ...secrets] },
      policiesFolder: options.policiesFolder ?? join(REPOSITORY, "policies"),
      port,
      identity: { endpoint: entra.identityEndpoint, header: entra.identityHeader },
      log,
    }),
  );
  const { cosmos } = database;
  const stores = { cosmos, keyVault: keys.vault };
  return { origin, resolved, tenant, gateway, authorizationServer, graphMcp, entra, graph, ...stores };
}

function tenantOf({ config, tenant = demoTenant }: TwinOptions, origin: string): DemoTenant {
  const { definedRoles, namedGroups } = appDemands(config.servers, "graph-mcp");
  return configuredTenant(tenant(origin), {
    tenants: config.tenants,
    roles: definedRoles,
    groups: namedGroups,
    signIn: signInDemands(config.servers),
  });
}

/** Waits for all: a start that fails must not leave another to finish later, with nobody to stop it. */
async function startTogether<T extends readonly unknown[]>(
  starts: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

async function startDatabase(log: LogSink, ready: Ready): Promise<SessionDatabase> {
  const database = await startSessionDatabase(log);
  ready(database.cosmos);
  return database;
}

function entraOptions(
  { entraTokenLifetime, recordIssued, faultProxies, log }: TwinOptions,
  { tenantId, applications, identities, users, furtherTenants }: DemoTenant,
): EntraOptions {
  return {
    tenantId,
    applications,
    identities,
    users,
    furtherTenants,
    ...(entraTokenLifetime === undefined ? {} : { accessTokenLifetime: entraTokenLifetime }),
    record: recordIssued ?? false,
    ...(faultProxies?.entra && { authorityHost: faultProxies.entra.url }),
    log,
  };
}

async function startKeys(
  { keyVault, log }: TwinOptions,
  folder: string,
  authorityHost: string,
  tenant: DemoTenant,
  ready: Ready,
): Promise<{ readonly vault: LocalKeyVault | undefined; readonly settings: KeySettings }> {
  if (!keyVault) return { vault: undefined, settings: await keysInFolder(join(folder, "keys")) };
  const { vault, settings } = await keysInVault(folder, authorityHost, tenant, log);
  return { vault: ready(vault), settings };
}

/** Starts the example server, where the configuration names it. @returns the configuration with its real URL */
async function withNotes(
  { config, tenant, authorityHost, log }: AppsContext,
  ready: Ready,
): Promise<GatewayConfig> {
  const isNotes = ({ backend }: ServerConfig) => "url" in backend && backend.url === NOTES_URL;
  if (!config.servers.some(isNotes)) return config;
  const notes = ready(
    await startNotes({
      authorityHost,
      tenantId: tenant.tenantId,
      applicationId: tenant.notes.clientId,
      requiredScope: tenant.notes.scopes[0]?.value ?? "",
      log,
    }),
  );
  return {
    ...config,
    servers: config.servers.map((server) => (isNotes(server) ? atUrl(server, `${notes.url}/mcp`) : server)),
  };
}

function atUrl(server: ServerConfig, url: string): ServerConfig {
  return "url" in server.backend ? { ...server, backend: { ...server.backend, url } } : server;
}

function reachedAt({ url }: Component, proxy: FaultProxy | undefined): string {
  proxy?.forwardTo(url);
  return proxy?.url ?? url;
}
