import { GRANT_TYPES } from "../../../../config/rules/client-metadata.ts";
import { type DocumentMetadata, validateDocument } from "../../../../config/rules/metadata-document.ts";

/** What is publicly known of a client's document. */
export interface KnownClient {
  /** Of the document, which is the client's ID. */
  readonly url: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** The day of which the source says so. */
  readonly seen: string;
  /** Where the entry can be checked. */
  readonly source: string;
}

/**
 * Common clients that name themselves by a document. An entry serves while the document cannot be fetched.
 *
 * Anybody may be able to make a fetch fail, so an entry must be worth nothing to them: a public client, whose redirect URIs are
 * loopback or on the very host of the document. A client with keys is not listed, because its keys could not be fetched either.
 */
export const KNOWN_CLIENTS: readonly KnownClient[] = [
  {
    url: "https://chatgpt.com/oauth/codex/client.json",
    name: "Codex",
    redirectUris: ["http://127.0.0.1/callback", "http://localhost/callback"],
    seen: "2026-09-24",
    source: "https://learn.chatgpt.com/docs/extend/mcp",
  },
  {
    url: "https://claude.ai/oauth/claude-code-client-metadata",
    name: "Claude Code",
    redirectUris: ["http://localhost/callback", "http://127.0.0.1/callback"],
    seen: "2026-10-01",
    source: "https://github.com/anthropics/claude-code/issues/37767",
  },
  {
    url: "https://claude.ai/oauth/mcp-oauth-client-metadata",
    name: "Claude",
    redirectUris: ["https://claude.ai/api/mcp/auth_callback"],
    seen: "2026-09-29",
    source: "https://claude.com/docs/connectors/building/authentication",
  },
  {
    url: "https://github.com/copilot/cli/client-metadata.json",
    name: "GitHub Copilot CLI",
    // The document named the first up to release 1.0.87; release 1.0.102 asks for the second.
    redirectUris: ["http://127.0.0.1:33418/", "http://127.0.0.1/callback"],
    seen: "2026-11-30",
    source: "https://github.com/github/copilot-cli/issues/4901",
  },
  {
    url: "https://vscode.dev/oauth/client-metadata.json",
    name: "Visual Studio Code",
    redirectUris: ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
    seen: "2026-09-24",
    source: "https://code.visualstudio.com/api/extension-guides/ai/mcp",
  },
  {
    url: "https://opencode.ai/oauth/opencode/client.json",
    name: "opencode",
    redirectUris: ["http://127.0.0.1/callback", "http://localhost/callback"],
    seen: "2026-09-24",
    source: "https://github.com/anomalyco/opencode/pull/47737",
  },
];

/** @returns the metadata of a known client, held to the rules for a document that was fetched */
export function metadataOf({ url, name, redirectUris }: KnownClient): DocumentMetadata {
  return validateDocument(url, {
    client_id: url,
    client_name: name,
    redirect_uris: redirectUris,
    grant_types: GRANT_TYPES,
  });
}
