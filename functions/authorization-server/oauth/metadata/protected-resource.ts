import type { LanguageTag } from "../../../../config/language-tags.ts";
import { textIn } from "../../../../config/local-text.ts";
import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { json, publicDocument } from "../responses.ts";
import { DOCUMENT_MAX_AGE_SECONDS } from "./authorization-server.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/**
 * `GET /.well-known/oauth-protected-resource/<path>` (RFC 9728 §3): what a client needs to know of one MCP server. At the
 * root it is the first server's. `offline_access` is not listed: it is the client's wish, not the resource's.
 */
export function protectedResourceMetadata({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return async (request) => {
    const path = new URL(request.url).pathname.slice(WELL_KNOWN.length).replace(/\/$/, "");
    const server = path === "" ? gateway.servers[0] : gateway.servers.find((each) => each.path === path);
    if (!server) return json({ error: "not_found" }, { status: 404 });
    return publicDocument(
      {
        resource: server.resource,
        ...resourceName(server, gateway.defaultLanguage),
        authorization_servers: [gateway.issuer],
        scopes_supported: server.scopes.map((scope) => scope.name),
        bearer_methods_supported: ["header"],
      },
      DOCUMENT_MAX_AGE_SECONDS,
    );
  };
}

/** RFC 9728 §2.1: the name in the default language, and in each language that it was written in. */
function resourceName({ title }: ResolvedServer, defaultLanguage: LanguageTag): Record<string, string> {
  const written = typeof title === "string" ? [] : Object.entries(title);
  return {
    resource_name: textIn(title, defaultLanguage, defaultLanguage),
    ...Object.fromEntries(written.map(([tag, name]) => [`resource_name#${tag}`, name])),
  };
}
