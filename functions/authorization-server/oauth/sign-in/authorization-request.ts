import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { Client } from "../../clients/client.ts";
import type { SignInWishes } from "../../upstream/upstream.ts";
import type { AnswerTarget } from "../authorization-response.ts";

/** A checked authorization request: all that the rest of the sign-in needs of it. JSON through and through. */
export interface AuthorizationRequest extends AnswerTarget {
  readonly client: Pick<Client, "id" | "name" | "grantTypes" | "useIsWorthNoting" | "owesClaims">;
  /** RFC 7636 S256. */
  readonly challenge: string;
  /** The redirect URI that the client named; undefined when it left the choice to its registration. */
  readonly boundRedirectUri?: string | undefined;
  /** Names of the MCP servers. */
  readonly servers: readonly string[];
  /** Set when the client named no server (RFC 8707), and ours is a choice of the gateway. */
  readonly resourceLeftOut?: true;
  /** Before the person's decision those that were asked for, afterwards those that were allowed. */
  readonly scopes: readonly string[];
  /** Optional scopes that were asked for and that the person left out. */
  readonly leftOut?: readonly string[];
  /** What the client wants the sign-in at Entra to be like. Holds personal data: in no log. */
  readonly signIn?: Pick<SignInWishes, "prompt" | "maxAge" | "loginHint">;
}

/** @returns who wants to go where, for the audit trail */
export function partiesOf({ client, servers }: Pick<AuthorizationRequest, "client" | "servers">) {
  return { client: client.id, servers: servers.join(" ") };
}

/** @returns what a person allowed and left out, for the audit trail */
export function decidedScopes({ scopes, leftOut }: Pick<AuthorizationRequest, "scopes" | "leftOut">) {
  return { scopes: scopes.join(" "), ...(leftOut && { leftOut: leftOut.join(" ") }) };
}

/** @returns the servers that a request is for, in the request's order, without those that are no longer configured */
export function requestedServers(
  request: AuthorizationRequest,
  configured: readonly ResolvedServer[],
): readonly ResolvedServer[] {
  return request.servers.flatMap((name) => configured.filter((server) => server.name === name));
}

/**
 * What a sign-in for these servers asks Entra for. It may name scopes of one application; with the first that has any, its consent is
 * asked.
 */
export function signInScopeOf(servers: readonly ResolvedServer[]): string {
  const application = servers.find(({ entraScope }) => entraScope !== undefined);
  const own = servers.filter(({ entraScope }) => entraScope === undefined);
  const scopes = [application, ...own].map((server) => server?.signInScope ?? "");
  return [...new Set(scopes)].filter((scope) => scope !== "").join(" ");
}
