import type { ClientAuthentication } from "../../../../config/rules/client-metadata.ts";
import { fetchUrlFault } from "../../../../config/rules/fetchable-url.ts";
import { DocumentFault, type DocumentMetadata } from "../../../../config/rules/metadata-document.ts";
import { OAuthError } from "../../errors.ts";
import { type Client, keptName } from "../client.ts";
import { FetchError } from "../guarded-fetch/fetch-error.ts";
import type { DocumentSource } from "./document-source.ts";

/** Clients whose ID is the URL of a document about them (draft-ietf-oauth-client-id-metadata-document). */
export interface DocumentClients {
  /**
   * Reads the client's document, from wherever it comes.
   *
   * @throws OAuthError `invalid_client` when the ID or the document is faulty, `temporarily_unavailable` when the document
   *   cannot be reached
   */
  find(url: string): Promise<Client>;
  /** How the client authenticates, as its document says; throws as {@link find} does. */
  authentication(url: string): Promise<ClientAuthentication>;
}

/** @returns whether a client ID is meant as the URL of a document; whether it will do is another question */
export function isDocumentId(id: string): boolean {
  return /^https:/i.test(id);
}

export function documentClients(documents: DocumentSource): DocumentClients {
  async function read(url: string): Promise<DocumentMetadata> {
    const fault = fetchUrlFault(url);
    if (fault) {
      throw new OAuthError("invalid_client", `The client_id of the application ${fault}.`, {
        reason: `document_url ${fault}`,
      });
    }
    try {
      return (await documents.read(url)).metadata;
    } catch (error) {
      throw clientError(url, error);
    }
  }
  return {
    find: async (url) => client(url, await read(url)),
    authentication: async (url) => (await read(url)).authentication,
  };
}

function client(url: string, { name, redirectUris, grantTypes }: DocumentMetadata): Client {
  return {
    id: url,
    name: keptName(name),
    redirectUris,
    grantTypes,
    uri: url,
    origin: "document",
    useIsWorthNoting: false,
  };
}

/**
 * Says what is wrong with a document, which anyone can read. Of a fetch that failed, it says only whether a host answered, so
 * that nobody learns from us which names and addresses our network knows.
 */
function clientError(url: string, error: unknown): unknown {
  const subject = { client: new URL(url).origin };
  if (error instanceof DocumentFault) {
    return new OAuthError(
      "invalid_client",
      `The document at the client_id of the application is not usable: ${error.message}.`,
      { reason: `document ${error.message}`, explanation: "documentFaulty", subject },
    );
  }
  if (!(error instanceof FetchError)) return error;
  const options = { reason: `document ${error.reason}`, subject, cause: error };
  return error.answered
    ? new OAuthError("invalid_client", "There is no usable document at the client_id of the application.", {
        ...options,
        explanation: "documentFaulty",
      })
    : new OAuthError(
        "temporarily_unavailable",
        "The document at the client_id of the application cannot be reached from here.",
        { ...options, explanation: "documentUnreachable" },
      );
}
