import type { GatewayConfigInput } from "../../../config/schema.ts";
import { clientKeySets } from "../clients/client-keys.ts";
import { guardedFetch } from "../clients/guarded-fetch/guarded-fetch.ts";
import { type Network, publicInternet } from "../clients/guarded-fetch/network.ts";
import { documentClients } from "../clients/metadata-document/document-clients.ts";
import { clientRegistry } from "../clients/registry.ts";
import type { Dependencies } from "../dependencies.ts";
import { authenticator } from "../oauth/client-authentication/authenticate.ts";
import type { SessionContext } from "../sessions/session-context.ts";
import { documentsOn } from "./documents.ts";
import { resolvedGateway } from "./gateway.ts";
import { TestPageSignIn } from "./page-sign-in.ts";
import type { Sessions } from "./sessions.ts";

/** Every name leads to this machine, where nothing may be fetched: no test asks the internet, nor its DNS. */
const noInternet: Network = { ...publicInternet, resolve: async () => ["127.0.0.1"] };

/**
 * The dependencies of one instance's endpoints.
 *
 * @param changes to what all instances have
 * @param config replaces members of the configuration
 * @param network that clients' documents and keys are fetched from
 */
export function makeDependencies(
  sessions: Sessions,
  changes: Partial<Pick<SessionContext, "keys">> = {},
  config: Partial<GatewayConfigInput> = {},
  network: Network = noInternet,
): Dependencies {
  const gateway = resolvedGateway(config);
  const { clock, keys, upstream, store } = sessions;
  const fetch = guardedFetch(network, clock.now);
  const documents = documentsOn(network, clock.now, gateway.clientDocuments);
  return {
    gateway,
    clients: clientRegistry(gateway, store.open(), clock.now, documentClients(documents)),
    documents,
    authenticate: authenticator(gateway, clientKeySets(fetch, clock.now), clock.now),
    sessions: sessions.instance(changes),
    keys,
    upstream,
    pageSignIn: new TestPageSignIn(),
    tenants: ["tenant"],
    circuits: [],
    now: clock.now,
    ...changes,
  };
}
