import type { ClientDocuments } from "../../../config/client-documents.ts";
import type { Log } from "../../platform/log.ts";
import { fetchJson } from "../clients/guarded-fetch/fetch.ts";
import { guardedFetch } from "../clients/guarded-fetch/guarded-fetch.ts";
import type { Network } from "../clients/guarded-fetch/network.ts";
import { type DocumentClients, documentClients } from "../clients/metadata-document/document-clients.ts";
import { type DocumentSource, documentSource } from "../clients/metadata-document/document-source.ts";

/** What the operator set; nothing serves in place of a fetch unless a test wants it. */
export type DocumentSettings = Partial<Pick<ClientDocuments, "copies" | "knownClients">>;

/** Clients' documents as a network has them. */
export function documentsOn(
  network: Network,
  now: () => number,
  settings: DocumentSettings = {},
  log: Log = () => undefined,
): DocumentSource {
  return documentSource({
    fetch: guardedFetch(network, now),
    fetchKnown: (url, limits) => fetchJson(network, url, limits),
    copies: [],
    knownClients: false,
    ...settings,
    now,
    log,
  });
}

/** The clients whose documents a network has. */
export function documentClientsOn(...of: Parameters<typeof documentsOn>): DocumentClients {
  return documentClients(documentsOn(...of));
}
