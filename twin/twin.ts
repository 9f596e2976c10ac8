import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type LocalGateway, startGateway } from "apim-local-gateway";
import { appDemands } from "../config/app-demands.ts";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { buildApps } from "../functions/build.ts";
import { describeGateway } from "../infra/apis/describe.ts";
import type { Component, LogSink } from "./component.ts";
import { startSessionDatabase } from "./cosmos/session-database.ts";
import type { LocalCosmos } from "./cosmos/start.ts";
import { configuredTenant, type DemoTenant, demoTenant } from "./entra/demo-tenant.ts";
import { type LocalEntra, startEntra } from "./entra/start.ts";
import { freePort } from "./free-port.ts";
import { type FunctionsApp, type FunctionsAppOptions, startFunctionsApp } from "./functions-host/start.ts";
import { type LocalGraph, startGraph } from "./graph/start.ts";
import { type LocalKeyVault, startKeyVault } from "./key-vault/start.ts";
import { startNotes } from "./notes-mcp/start.ts";
import { makeKeys } from "./signing-and-data-keys.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
/** Git-ignored; whatever a twin writes lies below it, and goes with it. */
const SCRATCH = join(REPOSITORY, ".twin");

/** Something that stands before a component; the others then go through it. */
export interface Door {
  /** Known before the component is there. */
  readonly url: string;
  leadTo(url: string): void;
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
  /** What stands before these components, to disturb the way there. */
  readonly doors?: Partial<Readonly<Record<"authorizationServer" | "cosmos" | "entra", Door>>>;
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
    return { ...(await startComponents(options, folder, ready)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startComponents(
  options: TwinOptions,
  folder: string,
  ready: <T extends Component>(component: T) => T,
): Promise<Omit<Twin, "stop">> {
  const { config, log } = options;
  const port = options.port ?? (await freePort());
  const origin = options.origin ?? `http://localhost:${port}`;
  const tenant = configuredTenant((options.tenant ?? demoTenant)(origin), {
    tenants: config.tenants,
    groups: config.servers.flatMap(({ backend, access }) => ("app" in backend ? access.groups : [])),
  });
  const starts = [
    options.bundles ?? buildApps({ onlyWhatChanged: true }),
    startSessionDatabase(log).then((database) => {
      ready(database.cosmos);
      return database;
    }),
    startEntra({
      tenantId: tenant.tenantId,
      applications: tenant.applications,
      identities: tenant.identities,
      users: tenant.users,
      furtherTenants: tenant.furtherTenants,
      ...(options.entraTokenLifetime === undefined
        ? {}
        : { accessTokenLifetime: options.entraTokenLifetime }),
      record: options.recordIssued ?? false,
      ...(options.doors?.entra && { authorityHost: options.doors.entra.url }),
      log,
    }).then(ready),
  ] as const;
  // One that fails must not leave another to start unseen, with nobody to stop it.
  await Promise.allSettled(starts);
  const [bundles, { cosmos, access }, entra] = await Promise.all(starts);
  const authorityHost = wayTo(options.doors?.entra, entra);
  const keys = options.keyVault
    ? await startVault(folder, authorityHost, tenant, log).then(({ vault, settings }) => ({
        vault: ready(vault),
        settings,
      }))
    : { vault: undefined, settings: await keysInFolder(join(folder, "keys")) };
  const graph = ready(
    await startGraph({
      authorityHost,
      tenantId: tenant.tenantId,
      users: tenant.users,
      furtherTenants: tenant.furtherTenants,
      log,
    }),
  );
  const identitySettings = {
    ENTRA_AUTHORITY_HOST: authorityHost,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_FURTHER_TENANT_IDS: config.tenants.join(","),
    IDENTITY_ENDPOINT: entra.identityEndpoint,
    IDENTITY_HEADER: entra.identityHeader,
  };
  const demands = appDemands(config.servers, "graph-mcp");
  const graphMcp = ready(
    await startLoadedApp({
      name: "graph-mcp",
      folder: bundleOf(bundles, "graph-mcp"),
      settings: {
        ...identitySettings,
        ENTRA_CLIENT_ID: tenant.graphMcp.clientId,
        MANAGED_IDENTITY_CLIENT_ID: tenant.identity.graphMcp.clientId,
        GRAPH_URL: graph.url,
        GATEWAY_CLIENT_ID: tenant.signIn.clientId,
        ALLOWED_ROLES: demands.roles.join(" "),
        ALLOWED_GROUPS: demands.groups.join(" "),
        GATEWAY_SCOPES: demands.scopes.join(" "),
      },
      log,
    }),
  );
  const usesNotes = config.servers.some(({ backend }) => "url" in backend && backend.url === NOTES_URL);
  const notes = usesNotes
    ? ready(
        await startNotes({
          authorityHost,
          tenantId: tenant.tenantId,
          applicationId: tenant.notes.clientId,
          requiredScope: tenant.notes.scopes[0]?.value ?? "",
          log,
        }),
      )
    : undefined;
  const resolved = resolveGateway(notes ? withBackend(config, NOTES_URL, `${notes.url}/mcp`) : config, {
    origin,
    apps: { "graph-mcp": { mcpUrl: `${graphMcp.url}/mcp`, applicationId: tenant.graphMcp.clientId } },
  });
  const authorizationServer = ready(
    await startLoadedApp({
      name: "authorization-server",
      folder: bundleOf(bundles, "authorization-server"),
      instances: options.authorizationServerInstances ?? 1,
      settings: {
        ...identitySettings,
        ENTRA_CLIENT_ID: tenant.signIn.clientId,
        MANAGED_IDENTITY_CLIENT_ID: tenant.identity.authorizationServer.clientId,
        GATEWAY: JSON.stringify(resolved),
        GATEWAY_PRINCIPAL_ID: tenant.identity.gateway.principalId,
        COSMOS_ENDPOINT: wayTo(options.doors?.cosmos, cosmos),
        COSMOS_DATABASE: access.database,
        COSMOS_KEY: access.key,
        COSMOS_ENDPOINT_DISCOVERY: String(access.endpointDiscovery),
        ...keys.settings,
      },
      log,
    }),
  );
  const gateway = ready(
    await startGateway({
      description: describeGateway(resolved, config, {
        url: wayTo(options.doors?.authorizationServer, authorizationServer),
        audience: `api://${tenant.signIn.clientId}`,
        gatewayIdentityClientId: tenant.identity.gateway.clientId,
      }),
      policiesFolder: options.policiesFolder ?? join(REPOSITORY, "policies"),
      port,
      identity: { endpoint: entra.identityEndpoint, header: entra.identityHeader },
      log,
    }),
  );
  return {
    origin,
    resolved,
    tenant,
    gateway,
    authorizationServer,
    graphMcp,
    entra,
    graph,
    cosmos,
    keyVault: keys.vault,
  };
}

/** Azure answers 404 for an app that does not load. Whoever runs the twin would rather read why. */
async function startLoadedApp(options: FunctionsAppOptions): Promise<FunctionsApp> {
  const app = await startFunctionsApp(options);
  if (app.loadFailure === undefined) return app;
  await app.stop();
  throw new Error(`${app.name}: ${app.loadFailure}`);
}

function wayTo(door: Door | undefined, { url }: Component): string {
  door?.leadTo(url);
  return door?.url ?? url;
}

type KeySettings = Readonly<Record<string, string>>;

async function keysInFolder(folder: string): Promise<KeySettings> {
  await makeKeys(folder);
  return { KEY_FOLDER: folder };
}

/** The vault as it is provisioned in Azure, and how an app's process is brought to take the stand-in for it. */
async function startVault(
  folder: string,
  authorityHost: string,
  tenant: DemoTenant,
  log: LogSink,
): Promise<{ readonly vault: LocalKeyVault; readonly settings: KeySettings }> {
  const vault = await startKeyVault({
    authorityHost,
    tenantId: tenant.tenantId,
    cryptoUsers: [tenant.identity.authorizationServer.principalId],
    log,
  });
  vault.rotate("signing");
  vault.rotate("wrapping");
  const certificate = join(folder, "key-vault.pem");
  await mkdir(folder, { recursive: true });
  await writeFile(certificate, vault.certificate);
  return {
    vault,
    settings: {
      KEY_VAULT_URL: vault.url,
      NODE_EXTRA_CA_CERTS: certificate,
      HTTPS_PROXY: vault.proxyUrl,
      NO_PROXY: "127.0.0.1",
    },
  };
}

function withBackend(config: GatewayConfig, url: string, local: string): GatewayConfig {
  const servers = config.servers.map((server) =>
    "url" in server.backend && server.backend.url === url ? { ...server, backend: { url: local } } : server,
  );
  return { ...config, servers };
}

function bundleOf(bundles: Readonly<Record<string, string>>, app: string): string {
  const folder = bundles[app];
  if (!folder) throw new Error(`there is no bundle of ${app}`);
  return folder;
}
