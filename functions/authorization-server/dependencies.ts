import { type EntraApplication, type EntraTokenVerifier, entraTokenVerifier } from "../platform/entra.ts";
import { clientRegistry } from "./clients/registry.ts";
import { folderKeyRing } from "./keys/folder-key-ring.ts";
import type { Dependencies } from "./oauth/dependencies.ts";
import { routes } from "./routes.ts";
import type { Settings } from "./settings.ts";
import { cosmosStore } from "./store/cosmos.ts";
import { entraUpstream } from "./upstream/entra.ts";

/**
 * Puts the app together from its settings.
 *
 * @returns what the endpoints need, and the check of the gateway's identity
 * @throws Error when the keys cannot be read
 */
export async function makeDependencies(
  settings: Settings,
): Promise<{ dependencies: Dependencies; verifyGateway: EntraTokenVerifier }> {
  const gateway = settings.GATEWAY;
  const now = () => Math.floor(Date.now() / 1000);
  const application: EntraApplication = {
    authorityHost: settings.ENTRA_AUTHORITY_HOST,
    tenantId: settings.ENTRA_TENANT_ID,
    clientId: settings.ENTRA_CLIENT_ID,
    managedIdentityClientId: settings.MANAGED_IDENTITY_CLIENT_ID,
  };
  const keys = await folderKeyRing(settings.KEY_FOLDER);
  const store = cosmosStore({
    endpoint: settings.COSMOS_ENDPOINT,
    database: settings.COSMOS_DATABASE,
    key: settings.COSMOS_KEY,
    endpointDiscovery: settings.COSMOS_ENDPOINT_DISCOVERY === "true",
    managedIdentityClientId: settings.MANAGED_IDENTITY_CLIENT_ID,
  });
  const upstream = entraUpstream(application, `${gateway.issuer}${routes.callback.path}`);
  return {
    dependencies: {
      gateway,
      clients: clientRegistry(gateway, store.clients, now),
      sessions: { gateway, documents: store.sessions, keys, upstream, now },
      keys,
      upstream,
      now,
    },
    verifyGateway: entraTokenVerifier(application),
  };
}
