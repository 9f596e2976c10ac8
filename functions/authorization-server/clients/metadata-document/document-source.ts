import type { ClientDocuments } from "../../../../config/client-documents.ts";
import {
  DocumentFault,
  type DocumentMetadata,
  validateDocument,
} from "../../../../config/rules/metadata-document.ts";
import type { Log } from "../../../platform/log.ts";
import { CACHE_BOUNDS, remoteCache } from "../guarded-fetch/cache.ts";
import { FetchError } from "../guarded-fetch/fetch-error.ts";
import { freshFor } from "../guarded-fetch/freshness.ts";
import type { GuardedFetch } from "../guarded-fetch/guarded-fetch.ts";
import { KNOWN_CLIENTS, metadataOf } from "./known-clients.ts";

/** The specification asks for 5 KB (draft-ietf-oauth-client-id-metadata-document §6.6). */
const DOCUMENT_LIMITS = { bytes: 5 * 1024, milliseconds: 5_000 } as const;

/** A person waits for this fetch although the list has an answer, so it ends sooner. */
const KNOWN_DOCUMENT_LIMITS = { ...DOCUMENT_LIMITS, milliseconds: 2_500 } as const;

/** Seconds for which the list serves before the document is tried again. */
const KNOWN_DOCUMENT_PAUSE = 300;

/** `copy`: the configuration's. `fetched`: the host's, at most a day old. `list`: this release's, of a known client. */
type Provenance = "copy" | "fetched" | "list";

interface FoundDocument {
  readonly metadata: DocumentMetadata;
  readonly from: Provenance;
}

/** Where clients' documents come from. */
export interface DocumentSource {
  /**
   * Reads the document at a URL that may be fetched: the copy in the configuration, else by a fetch, else from the list of known
   * clients. The list does not serve when the host says that the document is gone, or serves a faulty one: that is the vendor's
   * word, and it counts until the document was read again.
   *
   * @throws FetchError or DocumentFault
   */
  read(url: string): Promise<FoundDocument>;
}

interface DocumentSourceOptions extends Pick<ClientDocuments, "copies" | "knownClients"> {
  /** Fetches what a stranger named. */
  readonly fetch: GuardedFetch;
  /**
   * Fetches what the list names. Such fetches do not count against a caller's share, so that nobody can use it up to have the
   * list serve in place of the document; the cache bounds them to a few a minute.
   */
  readonly fetchKnown: GuardedFetch;
  /** The time in seconds. */
  now(): number;
  readonly log: Log;
}

export function documentSource(options: DocumentSourceOptions): DocumentSource {
  const { fetch, fetchKnown, knownClients, now, log } = options;
  const copies = new Map(
    options.copies.map((copy) => {
      const url = String(copy["client_id"]);
      return [url, validateDocument(url, copy)];
    }),
  );
  const known = new Map(KNOWN_CLIENTS.map((client) => [client.url, metadataOf(client)]));
  const listed = (url: string) => (knownClients ? known.get(url) : undefined);
  const withdrawn = new Set<string>();

  async function fetchDocument(url: string) {
    const limits = listed(url) ? KNOWN_DOCUMENT_LIMITS : DOCUMENT_LIMITS;
    try {
      return await (known.has(url) ? fetchKnown : fetch)(url, limits);
    } catch (error) {
      if (listed(url) && error instanceof FetchError) {
        log("warn", "known_document_not_read", { client: url, reason: error.reason });
      }
      throw error;
    }
  }

  const fetched = remoteCache<DocumentMetadata>(
    async (url) => {
      const { value, headers } = await fetchDocument(url);
      return { value: validateDocument(url, value), freshFor: freshFor(headers) };
    },
    {
      entries: CACHE_BOUNDS.entries,
      failurePause: (url) => (listed(url) ? KNOWN_DOCUMENT_PAUSE : CACHE_BOUNDS.failurePause(url)),
    },
    now,
  );

  return {
    async read(url) {
      const copy = copies.get(url);
      if (copy) return { metadata: copy, from: "copy" };
      try {
        const metadata = await fetched(url);
        withdrawn.delete(url);
        return { metadata, from: "fetched" };
      } catch (error) {
        const metadata = listed(url);
        if (!metadata) throw error;
        if (saysWithdrawn(error)) withdrawn.add(url);
        if (withdrawn.has(url) || !(error instanceof FetchError)) throw error;
        return { metadata, from: "list" };
      }
    },
  };
}

function saysWithdrawn(error: unknown): boolean {
  return error instanceof DocumentFault || (error instanceof FetchError && error.kind === "gone");
}
