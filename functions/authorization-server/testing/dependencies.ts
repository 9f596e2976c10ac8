import { publicInternet } from "../clients/guarded-fetch/network.ts";
import { documentClients } from "../clients/metadata-document/document-clients.ts";
import { clientRegistry } from "../clients/registry.ts";
import type { Dependencies } from "../oauth/dependencies.ts";
import type { SessionContext } from "../sessions/session-context.ts";
import { resolvedGateway } from "./gateway.ts";
import type { Sessions } from "./sessions.ts";

/** The dependencies of one instance's endpoints. @param changes to what all instances have */
export function makeDependencies(
  sessions: Sessions,
  changes: Partial<Pick<SessionContext, "keys">> = {},
): Dependencies {
  const gateway = resolvedGateway();
  const { clock, keys, upstream, store } = sessions;
  return {
    gateway,
    clients: clientRegistry(
      gateway,
      store.open().clients,
      clock.now,
      documentClients(publicInternet, clock.now),
    ),
    sessions: sessions.instance(changes),
    keys,
    upstream,
    now: clock.now,
    ...changes,
  };
}
