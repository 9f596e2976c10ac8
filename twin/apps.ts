import type { z } from "zod";
import { appDemands } from "../config/app-demands.ts";
import type { ResolvedGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { settingsSchema as authorizationServerSchema } from "../functions/authorization-server/contract.ts";
import type { settingsSchema as graphMcpSchema } from "../functions/graph-mcp/contract.ts";
import type { KeySettings } from "./app-keys.ts";
import type { LogSink } from "./component.ts";
import type { SessionDatabase } from "./cosmos/session-database.ts";
import type { DemoTenant } from "./entra/demo-tenant.ts";
import type { LocalEntra } from "./entra/start.ts";
import { type FunctionsApp, startFunctionsApp } from "./functions-host/start.ts";

/** What both apps share. */
export interface AppsContext {
  readonly config: GatewayConfig;
  readonly tenant: DemoTenant;
  readonly entra: LocalEntra;
  /** Where the apps reach Entra. */
  readonly authorityHost: string;
  /** Bundle folders by app. */
  readonly bundles: Readonly<Record<string, string>>;
  readonly log: LogSink;
}

/** Set by Azure for each app with a managed identity. */
interface IdentityEnvironment {
  readonly IDENTITY_ENDPOINT: string;
  readonly IDENTITY_HEADER: string;
}

/** The settings of an app by its own type, so that a missing or misspelt one does not compile, and its environment. */
type AuthorizationServerSettings = z.input<typeof authorizationServerSchema> &
  IdentityEnvironment &
  KeySettings;
type GraphMcpSettings = z.input<typeof graphMcpSchema> & IdentityEnvironment;

/** Starts the sample MCP server. @param place.graphUrl where it reaches Microsoft Graph */
export function startGraphMcp(
  context: AppsContext,
  { graphUrl, port }: { readonly graphUrl: string; readonly port: number },
): Promise<FunctionsApp> {
  const { config, tenant } = context;
  const demands = appDemands(config.servers, "graph-mcp");
  const settings: GraphMcpSettings = {
    ...identitySettings(context),
    ENTRA_CLIENT_ID: tenant.graphMcp.clientId,
    MANAGED_IDENTITY_CLIENT_ID: tenant.identity.graphMcp.clientId,
    GRAPH_URL: graphUrl,
    GATEWAY_CLIENT_ID: tenant.signIn.clientId,
    ALLOWED_ROLES: demands.roles.join(" "),
    ALLOWED_GROUPS: demands.groups.join(" "),
    FURTHER_CLIENT_IDS: demands.clients.join(" "),
    WORKLOAD_ROLES: demands.workloadRoles.join(" "),
    GATEWAY_SCOPES: demands.scopes.join(" "),
  };
  return startLoadedApp(context, "graph-mcp", settings, { port });
}

/** What only the authorization server needs. */
interface AuthorizationServerContext {
  readonly resolved: ResolvedGateway;
  readonly database: SessionDatabase["access"];
  /** Where it reaches its store. */
  readonly cosmosUrl: string;
  readonly keys: KeySettings;
  /** How many processes serve it. */
  readonly instances: number;
}

/** Starts the authorization server. */
export function startAuthorizationServer(
  context: AppsContext,
  { resolved, database, cosmosUrl, keys, instances }: AuthorizationServerContext,
): Promise<FunctionsApp> {
  const { tenant } = context;
  const settings: AuthorizationServerSettings = {
    ...identitySettings(context),
    ENTRA_CLIENT_ID: tenant.signIn.clientId,
    MANAGED_IDENTITY_CLIENT_ID: tenant.identity.authorizationServer.clientId,
    GATEWAY: JSON.stringify(resolved),
    GATEWAY_PRINCIPAL_ID: tenant.identity.gateway.principalId,
    COSMOS_ENDPOINT: cosmosUrl,
    COSMOS_DATABASE: database.database,
    COSMOS_KEY: database.key,
    COSMOS_ENDPOINT_DISCOVERY: database.endpointDiscovery ? "true" : "false",
    ...keys,
  };
  return startLoadedApp(context, "authorization-server", settings, { instances });
}

function identitySettings({ config, tenant, entra, authorityHost }: AppsContext) {
  return {
    ENTRA_AUTHORITY_HOST: authorityHost,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_FURTHER_TENANT_IDS: config.tenants.join(","),
    IDENTITY_ENDPOINT: entra.identityEndpoint,
    IDENTITY_HEADER: entra.identityHeader,
  };
}

/** Azure answers 404 for an app that does not load. A person who runs the twin wants to read the reason. */
async function startLoadedApp(
  { bundles, log }: AppsContext,
  name: string,
  settings: AuthorizationServerSettings | GraphMcpSettings,
  further: { readonly instances?: number; readonly port?: number },
): Promise<FunctionsApp> {
  const folder = bundles[name];
  if (!folder) throw new Error(`there is no bundle of ${name}`);
  const given = Object.entries(settings).filter((each): each is [string, string] => each[1] !== undefined);
  const app = await startFunctionsApp({ name, folder, settings: Object.fromEntries(given), log, ...further });
  if (app.loadFailure === undefined) return app;
  await app.stop();
  throw new Error(`${app.name}: ${app.loadFailure}`);
}
