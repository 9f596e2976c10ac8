import type { Construct } from "constructs";
import type { z } from "zod";
import type { ResolvedGateway } from "../../config/resolve.ts";
import type { GatewayConfig } from "../../config/schema.ts";
import type { settingsSchema } from "../../functions/authorization-server/contract.ts";
import type { DeploymentSettings } from "../settings/settings.ts";
import type { Gateway } from "./api-management.ts";
import { AppStorage } from "./app-storage.ts";
import type { Deployers } from "./entra-application.ts";
import { entraSettingsOf, FunctionsApp } from "./functions-app.ts";
import type { Identity } from "./identity.ts";
import { Keys } from "./keys.ts";
import type { Place } from "./place.ts";
import type { PrivateNetwork } from "./private-network.ts";
import { AuthorizationServerRoles, assignStorageRole } from "./role-assignments.ts";
import { SessionStore } from "./session-store.ts";
import type { SignInApplication } from "./sign-in-application.ts";
import type { Telemetry } from "./telemetry.ts";

/** Only for the local twin: a stand-in for Entra, an emulator's key and address, and keys in a folder. */
type OfTheTwin = "ENTRA_AUTHORITY_HOST" | "COSMOS_KEY" | "COSMOS_ENDPOINT_DISCOVERY" | "KEY_FOLDER";

/**
 * What the stack sets for the authorization server: the app's own settings, so that a missing or misspelt one, and
 * a new one without a default, does not compile. In Azure its keys are in a vault.
 */
type AuthorizationServerSettings = Readonly<
  Omit<z.input<typeof settingsSchema>, OfTheTwin | "KEY_VAULT_URL"> & { KEY_VAULT_URL: string }
>;

interface AuthorizationServerOptions {
  readonly config: GatewayConfig;
  readonly settings: DeploymentSettings;
  readonly resolved: ResolvedGateway;
  readonly identity: Identity;
  readonly signIn: SignInApplication;
  readonly gateway: Gateway;
  readonly deployers: Deployers;
  readonly telemetry: Telemetry;
  readonly network: PrivateNetwork | undefined;
}

/** The authorization server's app, with its store, its keys and its roles. */
export function makeAuthorizationServer(scope: Construct, place: Place, options: AuthorizationServerOptions) {
  const { settings, identity, signIn, gateway, telemetry, network } = options;
  const isPrivate = network !== undefined;
  const store = new SessionStore(scope, place, { cosmos: settings.cosmos, isPrivate });
  const keys = new Keys(scope, place, {
    workspaceId: telemetry.workspaceId,
    allowedAddresses: settings.privateNetwork?.deployerAddresses,
    deployers: options.deployers,
    after: [...store.ready, gateway.ready],
  });
  const storage = new AppStorage(scope, "authorization_server_storage_account", place, {
    kind: "stas",
    isPrivate,
  });
  const roles = new AuthorizationServerRoles(scope, place, identity, { keys, store, telemetry });
  const appSettings: AuthorizationServerSettings = {
    ...entraSettingsOf(options.config, place),
    ENTRA_CLIENT_ID: signIn.clientId,
    MANAGED_IDENTITY_CLIENT_ID: identity.clientId,
    GATEWAY: JSON.stringify(options.resolved),
    GATEWAY_PRINCIPAL_ID: gateway.identity.principalId,
    COSMOS_ENDPOINT: store.endpoint,
    COSMOS_DATABASE: store.databaseName,
    KEY_VAULT_URL: keys.vaultUrl,
  };
  const app = new FunctionsApp(scope, "authorization_server", place, {
    service: "authorization-server",
    kind: "auth",
    identity,
    storage,
    telemetry,
    settings: appSettings,
    subnetId: network?.subnetIds.authorization_server,
    after: assignStorageRole(scope, "authorization_server_storage", identity, storage),
  });
  network?.endpoint("cosmos", "pecos", store.accountId, roles.inSessionStore);
  network?.endpoint("key_vault", "pekv", keys.vaultId);
  network?.endpoint("blob", "peas", storage.accountId);
  return { app, store };
}
