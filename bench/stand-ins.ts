import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CosmosClient } from "@azure/cosmos";
import { parseGatewayConfig } from "../config/load.ts";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import shippedConfig from "../gateway.config.ts";
import { makeKeys } from "../twin/app-keys.ts";
import type { Component } from "../twin/component.ts";
import { type SessionDatabase, startSessionDatabase } from "../twin/cosmos/session-database.ts";
import { type DemoTenant, demoTenant } from "../twin/entra/demo-tenant.ts";
import { type LocalEntra, startEntra } from "../twin/entra/start.ts";
import { freePort } from "../twin/free-port.ts";
import { ruledServer, untracedServer } from "./ruled-server.ts";
import { PEERS_CONTAINER } from "./servers/cosmos.ts";

/** Enough that nobody's grants grow into a list that no person has. */
const USERS = 60;
const UNLIMITED = { calls: 1_000_000, period: 60 };

/** What all measured servers share: the twin's Cosmos DB and Entra, in the bench's own process. */
export interface StandIns {
  readonly config: GatewayConfig;
  readonly tenant: DemoTenant;
  readonly entra: LocalEntra;
  readonly database: SessionDatabase;
  /** Display names of those who sign in. */
  readonly users: readonly string[];
  /** One of those that were reserved for servers; Entra knows each as a redirect URI. */
  nextPort(): number;
  /** Settings of the authorization server at an origin. */
  gatewaySettings(resolved: ResolvedGateway): Readonly<Record<string, string>>;
  /** @param backendUrl of the MCP servers */
  resolve(origin: string, backendUrl?: string): ResolvedGateway;
  /** Settings of the other servers. @param withEntra whether people sign in at Entra */
  peerSettings(withEntra: boolean): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param servers how many servers will need a port */
export async function startStandIns(servers: number): Promise<StandIns> {
  const log = () => undefined;
  const ports: number[] = [];
  for (let count = 0; count < servers; count++) ports.push(await freePort());
  const tenant = tenantFor(ports);
  const started: Component[] = [];
  const database = await startSessionDatabase(log);
  started.push(database.cosmos);
  await addPeersContainer(database);
  const entra = await startEntra({ ...tenant, log });
  started.push(entra);
  const keys = await mkdtemp(join(tmpdir(), "bench-keys-"));
  await makeKeys(keys);

  const identity = {
    ENTRA_AUTHORITY_HOST: entra.url,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_CLIENT_ID: tenant.signIn.clientId,
    IDENTITY_ENDPOINT: entra.identityEndpoint,
    IDENTITY_HEADER: entra.identityHeader,
    MANAGED_IDENTITY_CLIENT_ID: tenant.identity.authorizationServer.clientId,
  };
  const store = {
    COSMOS_ENDPOINT: database.access.endpoint,
    COSMOS_DATABASE: database.access.database,
    COSMOS_KEY: database.access.key,
  };
  const rateLimits = Object.fromEntries(
    ["register", "signIn", "token", "client", "clientEverywhere", "mcp", "documents"].map((name) => [
      name,
      UNLIMITED,
    ]),
  );
  const config = parseGatewayConfig(
    { ...shippedConfig, servers: [...shippedConfig.servers, untracedServer, ruledServer], rateLimits },
    "bench",
  );
  return {
    config,
    tenant,
    entra,
    database,
    users: Array.from({ length: USERS }, (_, index) => nameOf(index)),
    nextPort() {
      const port = ports.pop();
      if (port === undefined) throw new Error("no port is left");
      return port;
    },
    resolve: (origin, backendUrl = "http://127.0.0.1:9/mcp") =>
      resolveGateway(config, {
        origin,
        apps: { "graph-mcp": { mcpUrl: backendUrl, applicationId: tenant.graphMcp.clientId } },
      }),
    gatewaySettings: (resolved) => ({
      ...identity,
      ...store,
      COSMOS_ENDPOINT_DISCOVERY: "false",
      ENTRA_FURTHER_TENANT_IDS: "",
      GATEWAY: JSON.stringify(resolved),
      GATEWAY_PRINCIPAL_ID: tenant.identity.gateway.principalId,
      KEY_FOLDER: keys,
      BENCH_AUDIENCE: `api://${tenant.signIn.clientId}`,
      BENCH_GATEWAY_IDENTITY: tenant.identity.gateway.clientId,
    }),
    peerSettings: (withEntra) => ({
      ...store,
      ...(withEntra ? identity : {}),
      BENCH_SCOPE: `api://${tenant.graphMcp.clientId}/.default`,
      BENCH_USER: "bench-user",
    }),
    async stop() {
      for (const component of started.reverse()) await component.stop();
      await rm(keys, { recursive: true, force: true });
    },
  };
}

function tenantFor(ports: readonly number[]): DemoTenant {
  const tenant = demoTenant("http://localhost");
  const [pattern] = tenant.users;
  if (!pattern) throw new Error("the demo tenant has no user");
  const signIn = { ...tenant.signIn, redirectUris: ports.map((port) => `http://localhost:${port}/callback`) };
  return {
    ...tenant,
    signIn,
    applications: tenant.applications.map((each) => (each.clientId === signIn.clientId ? signIn : each)),
    users: Array.from({ length: USERS }, (_, index) => ({
      ...pattern,
      oid: randomUUID(),
      displayName: nameOf(index),
      userPrincipalName: `user${index}@bench.example`,
    })),
  };
}

function nameOf(index: number): string {
  return `Person ${String(index).padStart(2, "0")}`;
}

async function addPeersContainer({ access }: SessionDatabase): Promise<void> {
  const client = new CosmosClient({
    endpoint: access.endpoint,
    key: access.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  await client.database(access.database).containers.create({
    id: PEERS_CONTAINER,
    partitionKey: { paths: ["/p"] },
    defaultTtl: -1,
  });
  client.dispose();
}
