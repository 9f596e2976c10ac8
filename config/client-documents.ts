import * as z from "zod";
import { fetchUrlFault } from "./rules/fetchable-url.ts";
import { DOCUMENT_MEMBERS, DocumentFault, validateDocument } from "./rules/metadata-document.ts";

/**
 * A Client ID Metadata Document as its host serves it, held to the same rules as one that was fetched. Members that we do not use
 * are left out of what is deployed.
 */
const copy = z
  .record(z.string(), z.unknown())
  .superRefine((document, context) => {
    const { client_id: url } = document;
    const fault = typeof url === "string" ? fetchUrlFault(url) : "is not the URL of the document";
    if (fault) context.addIssue({ code: "custom", path: ["client_id"], message: fault });
    if (fault || typeof url !== "string") return;
    try {
      validateDocument(url, document);
    } catch (error) {
      if (!(error instanceof DocumentFault)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  })
  .transform((document) =>
    Object.fromEntries(Object.entries(document).filter(([member]) => DOCUMENT_MEMBERS.includes(member))),
  );

/** `http://host:port` of a forward proxy. A user name or a password would be a secret in this file. */
const proxy = z.string().refine((text) => {
  const url = URL.parse(text);
  return url?.protocol === "http:" && /^http:\/\/[\w.:[\]-]{1,253}$/.test(text);
}, 'is no forward proxy ("http://proxy.contoso.com:3128"), with neither a user nor a path');

/**
 * Clients whose ID is the URL of a document about them (Client ID Metadata Documents), and what is done where the authorization
 * server cannot fetch that document.
 */
export const clientDocumentsSchema = z.strictObject({
  /**
   * Tell clients that they may use the URL of a document as their ID. Most clients register when this is false. Clients that
   * use a document anyway are served, so that nobody who is signed in is signed out.
   */
  advertise: z.boolean().default(true),
  /** Documents that are used in place of fetching them: each is the JSON that stands at its `client_id`. */
  copies: z.array(copy).max(50).default([]),
  /**
   * Use what this release knows of common clients while their document cannot be fetched. The list, with a date and a source for
   * each client, is functions/authorization-server/clients/metadata-document/known-clients.ts.
   */
  knownClients: z.boolean().default(true),
  /**
   * A forward proxy for everything that a client has us fetch, its document and its keys; left out, connections are direct. The
   * proxy must refuse addresses of your own networks: docs/threat-model.md says why.
   */
  proxy: proxy.optional(),
});

/** As the authorization server takes them. */
export type ClientDocuments = z.output<typeof clientDocumentsSchema>;
