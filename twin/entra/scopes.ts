import { aadsts } from "./aadsts.ts";
import {
  consentedScopes,
  type Directory,
  type EntraApplicationRegistration,
  GRAPH_URI,
  OPENID_SCOPES,
} from "./directory.ts";

/** What a `scope` parameter asks for: OpenID scopes, and scopes of exactly one resource. */
export interface RequestedScopes {
  readonly resource: EntraApplicationRegistration;
  /** All that the client may do at the resource, not only what it asked for: that is what Entra puts in a token. */
  readonly granted: readonly string[];
  /** The `scope` of the token answer: `granted`, in the form in which the client named the resource. */
  readonly answer: string;
  readonly openid: ReadonlySet<string>;
}

/**
 * Reads a `scope` parameter the way the v2.0 endpoint does: the resource is what stands before the last slash, and a
 * bare name is a scope of Microsoft Graph.
 *
 * @throws EntraError 28000, 28003, 70011, 90009, 500011, 650053 or 65001
 */
export function readScopes(
  scope: string,
  client: EntraApplicationRegistration,
  directory: Directory,
  tenantId: string,
): RequestedScopes {
  const names = scope.split(" ").filter((name) => name !== "");
  if (names.length === 0) throw aadsts.emptyScope();
  const openid = new Set(names.filter((name) => OPENID_SCOPES.has(name)));
  const asked = names.filter((name) => !OPENID_SCOPES.has(name)).map(splitScope);

  const prefix = asked[0]?.prefix ?? "";
  const resource = findResource(prefix, directory, tenantId);
  for (const each of asked) {
    if (findResource(each.prefix, directory, tenantId) !== resource) throw aadsts.severalResources(scope);
  }
  if (resource.clientId === client.clientId && prefix.toLowerCase() !== client.clientId.toLowerCase()) {
    throw aadsts.tokenForItself(client.clientId, client.displayName);
  }

  const consented = consentedScopes(client, resource);
  for (const { value } of asked) {
    if (value === "") throw aadsts.invalidScope(scope);
    if (value === ".default") {
      if (consented.length === 0) throw aadsts.consentRequired(client.clientId, client.displayName);
    } else if (!resource.scopes.some((known) => known.value === value)) {
      throw aadsts.unknownScope(client.displayName, value, resource.clientId);
    } else if (!consented.includes(value)) {
      throw aadsts.consentRequired(client.clientId, client.displayName);
    }
  }

  const isGraph = resource.identifierUris.includes(GRAPH_URI);
  const qualified = consented.map((value) => (prefix === "" ? value : `${prefix}/${value}`));
  const atGraph = isGraph ? ["profile", "openid", "email"] : [];
  return {
    resource,
    granted: [...consented, ...atGraph],
    answer: [...qualified, ...atGraph].join(" "),
    openid,
  };
}

function splitScope(name: string): { readonly prefix: string; readonly value: string } {
  const slash = name.lastIndexOf("/");
  return { prefix: slash < 0 ? "" : name.slice(0, slash), value: name.slice(slash + 1) };
}

function findResource(prefix: string, directory: Directory, tenantId: string): EntraApplicationRegistration {
  const identifier = prefix === "" ? GRAPH_URI : prefix;
  const resource = directory.resource(identifier);
  if (!resource) throw aadsts.unknownResource(identifier, tenantId);
  return resource;
}
