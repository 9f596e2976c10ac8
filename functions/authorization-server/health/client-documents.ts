import { DocumentFault } from "../../../config/rules/metadata-document.ts";
import type { Endpoint } from "../../platform/endpoint.ts";
import { FetchError } from "../clients/guarded-fetch/fetch-error.ts";
import type { DocumentSource } from "../clients/metadata-document/document-source.ts";
import { KNOWN_CLIENTS } from "../clients/metadata-document/known-clients.ts";
import type { Dependencies } from "../dependencies.ts";
import { json } from "../oauth/responses.ts";

/**
 * `GET /health/client-documents`: for each known client, where its document comes from (`from`: `fetched`, `copy` or `list`;
 * left out when this client cannot sign in) and what keeps it from being fetched (`problem`: `unreachable` or `faulty`). An
 * operator, and the doctor, see here what only the app's own network can tell.
 *
 * The request chooses nothing, and the documents come by the cache that sign-ins use, so asking often fetches no more.
 */
export function clientDocuments({ documents }: Pick<Dependencies, "documents">): Endpoint {
  return async () => {
    const known = await Promise.all(
      KNOWN_CLIENTS.map(async ({ url, name, seen }) => ({
        client_id: url,
        client_name: name,
        seen,
        ...(await stateOf(documents, url)),
      })),
    );
    return json({ known_clients: known });
  };
}

async function stateOf(documents: DocumentSource, url: string): Promise<object> {
  try {
    const { from } = await documents.read(url);
    return from === "list" ? { from, problem: "unreachable" } : { from };
  } catch (error) {
    if (error instanceof DocumentFault) return { problem: "faulty" };
    if (error instanceof FetchError) return { problem: error.answered ? "faulty" : "unreachable" };
    throw error;
  }
}
