import { ManagedIdentityCredential } from "@azure/identity";
import { allowedTenants, type EntraTokenVerifier, entraTokenVerifier } from "../platform/entra.ts";
import { rememberingVerified } from "../platform/remembered-tokens.ts";
import { logInRequest } from "../platform/request-scope.ts";
import { entraApplication } from "../platform/settings.ts";
import { clientKeySets } from "./clients/client-keys.ts";
import { fetchJson } from "./clients/guarded-fetch/fetch.ts";
import { guardedFetch } from "./clients/guarded-fetch/guarded-fetch.ts";
import { internet } from "./clients/guarded-fetch/network.ts";
import { documentClients } from "./clients/metadata-document/document-clients.ts";
import { documentSource } from "./clients/metadata-document/document-source.ts";
import { clientRegistry } from "./clients/registry.ts";
import type { Dependencies } from "./dependencies.ts";
import type { DataKeysDocument } from "./keys/data-keys.ts";
import { folderKeyRing } from "./keys/folder-key-ring.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import { keyVaultKeyRing } from "./keys/key-vault-key-ring.ts";
import { keyVault } from "./keys/vault.ts";
import { authenticator } from "./oauth/client-authentication/authenticate.ts";
import { type Circuit, circuit } from "./resilience/circuit.ts";
import { routes } from "./routes.ts";
import { keySource, type Settings } from "./settings.ts";
import { cosmosStore } from "./store/cosmos.ts";
import type { Documents } from "./store/documents.ts";
import { entraUpstream } from "./upstream/entra.ts";
import { entraPageSignIn } from "./upstream/page-sign-in.ts";

/**
 * Puts the app together from its settings.
 *
 * @returns what the endpoints need, and the check of the gateway's identity
 * @throws SettingsError when the settings contradict each other; Error when the folder of keys cannot be read
 */
export async function makeDependencies(
  settings: Settings,
): Promise<{ dependencies: Dependencies; verifyGateway: EntraTokenVerifier }> {
  const gateway = settings.GATEWAY;
  const now = () => Math.floor(Date.now() / 1000);
  const { application } = entraApplication(settings);
  const circuits = {
    store: circuit({ part: "store", now, log: logInRequest }),
    keys: circuit({ part: "keys", now, log: logInRequest }),
    entra: circuit({ part: "entra", now, log: logInRequest }),
  };
  const store = cosmosStore({
    endpoint: settings.COSMOS_ENDPOINT,
    database: settings.COSMOS_DATABASE,
    key: settings.COSMOS_KEY,
    endpointDiscovery: settings.COSMOS_ENDPOINT_DISCOVERY === "true",
    managedIdentityClientId: settings.MANAGED_IDENTITY_CLIENT_ID,
    circuit: circuits.store,
  });
  const keys = await keyRing(settings, store.keys, circuits.keys, now);
  const callback = `${gateway.issuer}${routes.callback.path}`;
  const upstream = entraUpstream(application, callback, circuits.entra);
  const network = internet(gateway.clientDocuments.proxy);
  const fetch = guardedFetch(network, now);
  const documents = documentSource({
    ...gateway.clientDocuments,
    fetch,
    fetchKnown: (url, limits) => fetchJson(network, url, limits),
    now,
    log: logInRequest,
  });
  return {
    dependencies: {
      gateway,
      clients: clientRegistry(gateway, store, now, documentClients(documents)),
      documents,
      authenticate: authenticator(gateway, clientKeySets(fetch, now), now),
      sessions: { gateway, documents: store.sessions, keys, upstream, now },
      keys,
      upstream,
      pageSignIn: entraPageSignIn(application, callback, circuits.entra),
      tenants: allowedTenants(application),
      circuits: Object.values(circuits),
      now,
    },
    // The gateway's identity is the home tenant's, whoever else may sign in.
    verifyGateway: rememberingVerified(entraTokenVerifier({ ...application, furtherTenantIds: [] })),
  };
}

async function keyRing(
  settings: Settings,
  documents: Documents<DataKeysDocument>,
  circuit: Circuit,
  now: () => number,
): Promise<KeyRing> {
  const source = keySource(settings);
  const rules = {
    activation: settings.SIGNING_KEY_ACTIVATION_SECONDS,
    tokenLifetime: settings.GATEWAY.lifetimes.accessToken,
  };
  if (source.folder !== undefined) return folderKeyRing({ folder: source.folder, now, ...rules });
  const credential = new ManagedIdentityCredential({ clientId: settings.MANAGED_IDENTITY_CLIENT_ID });
  return keyVaultKeyRing({
    vault: keyVault(source.vault, credential, circuit),
    documents,
    signingKey: settings.KEY_VAULT_SIGNING_KEY,
    wrappingKey: settings.KEY_VAULT_WRAPPING_KEY,
    signingKeyActivation: rules.activation,
    dataKeyPeriod: settings.DATA_KEY_PERIOD_SECONDS,
    accessTokenLifetime: rules.tokenLifetime,
    now,
  });
}
