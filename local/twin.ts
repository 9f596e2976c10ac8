import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CosmosClient } from "@azure/cosmos";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { containers } from "../functions/authorization-server/store/containers.ts";
import { buildApps } from "../functions/build.ts";
import { describeGateway } from "../infra/apis/describe.ts";
import type { Component, LogSink } from "./component.ts";
import { type LocalCosmos, startCosmos } from "./cosmos/start.ts";
import { type DemoTenant, demoTenant } from "./entra/demo-tenant.ts";
import { type LocalEntra, startEntra } from "./entra/start.ts";
import { freePort } from "./free-port.ts";
import { type FunctionsApp, startFunctionsApp } from "./functions-host/start.ts";
import { type LocalGateway, startGateway } from "./gateway/index.ts";
import { type LocalGraph, startGraph } from "./graph/start.ts";
import { makeKeys } from "./signing-and-data-keys.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
/** Git-ignored; whatever a twin writes lies below it, and goes with it. */
const SCRATCH = join(REPOSITORY, ".twin");
const DATABASE = "gateway";

export interface TwinOptions {
  readonly config: GatewayConfig;
  /** Of the gateway; any free one when left out. */
  readonly port?: number;
  /** Bundle folders by app, where they are built already. */
  readonly bundles?: Readonly<Record<string, string>>;
  /** Policy files; the repository's when left out. */
  readonly policiesFolder?: string;
  /** How many processes serve the authorization server; 1 when left out. */
  readonly authorizationServerInstances?: number;
  /** Seconds; that of the Entra stand-in's own choice when left out. */
  readonly entraTokenLifetime?: number;
  /** Lets the Entra stand-in remember what it issued, for tests that look for it elsewhere. */
  readonly recordIssued?: boolean;
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
  const origin = `http://localhost:${port}`;
  const tenant = demoTenant(origin);
  const keyFolder = join(folder, "keys");

  const [bundles, cosmos, entra] = await Promise.all([
    options.bundles ?? buildApps(),
    startStore(log).then(ready),
    startEntra({
      tenantId: tenant.tenantId,
      applications: tenant.applications,
      identities: tenant.identities,
      users: tenant.users,
      ...(options.entraTokenLifetime === undefined
        ? {}
        : { accessTokenLifetime: options.entraTokenLifetime }),
      record: options.recordIssued ?? false,
      log,
    }).then(ready),
    makeKeys(keyFolder),
  ]);
  const graph = ready(
    await startGraph({ authorityHost: entra.url, tenantId: tenant.tenantId, users: tenant.users, log }),
  );
  const identitySettings = {
    IDENTITY_ENDPOINT: entra.identityEndpoint,
    IDENTITY_HEADER: entra.identityHeader,
  };
  const graphMcp = ready(
    await startFunctionsApp({
      name: "graph-mcp",
      folder: bundleOf(bundles, "graph-mcp"),
      settings: {
        ...identitySettings,
        ENTRA_AUTHORITY_HOST: entra.url,
        ENTRA_TENANT_ID: tenant.tenantId,
        ENTRA_CLIENT_ID: tenant.graphMcp.clientId,
        MANAGED_IDENTITY_CLIENT_ID: tenant.identity.graphMcp.clientId,
        GRAPH_URL: graph.url,
      },
      log,
    }),
  );
  const resolved = resolveGateway(config, {
    origin,
    apps: { "graph-mcp": { mcpUrl: `${graphMcp.url}/mcp`, applicationId: tenant.graphMcp.clientId } },
  });
  const authorizationServer = ready(
    await startFunctionsApp({
      name: "authorization-server",
      folder: bundleOf(bundles, "authorization-server"),
      instances: options.authorizationServerInstances ?? 1,
      settings: {
        ...identitySettings,
        ENTRA_AUTHORITY_HOST: entra.url,
        ENTRA_TENANT_ID: tenant.tenantId,
        ENTRA_CLIENT_ID: tenant.signIn.clientId,
        MANAGED_IDENTITY_CLIENT_ID: tenant.identity.authorizationServer.clientId,
        GATEWAY: JSON.stringify(resolved),
        GATEWAY_PRINCIPAL_ID: tenant.identity.gateway.principalId,
        COSMOS_ENDPOINT: cosmos.url,
        COSMOS_DATABASE: DATABASE,
        COSMOS_KEY: cosmos.key,
        COSMOS_ENDPOINT_DISCOVERY: "false",
        KEY_FOLDER: keyFolder,
      },
      log,
    }),
  );
  const gateway = ready(
    await startGateway({
      description: describeGateway(resolved, config.rateLimits, {
        url: authorizationServer.url,
        audience: `api://${tenant.signIn.clientId}`,
        gatewayIdentityClientId: tenant.identity.gateway.clientId,
      }),
      policiesFolder: options.policiesFolder ?? join(REPOSITORY, "policies"),
      port,
      identity: { endpoint: entra.identityEndpoint, header: entra.identityHeader },
      log,
    }),
  );
  return { origin, resolved, tenant, gateway, authorizationServer, graphMcp, entra, graph, cosmos };
}

function bundleOf(bundles: Readonly<Record<string, string>>, app: string): string {
  const folder = bundles[app];
  if (!folder) throw new Error(`there is no bundle of ${app}`);
  return folder;
}

/** The database as it is provisioned in Azure. */
async function startStore(log: LogSink): Promise<LocalCosmos> {
  const cosmos = await startCosmos({ log });
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.create({ id: DATABASE });
  for (const [id, { partitionKey }] of Object.entries(containers)) {
    await database.containers.create({ id, partitionKey, defaultTtl: -1 });
  }
  client.dispose();
  cosmos.resetOperations();
  return cosmos;
}
