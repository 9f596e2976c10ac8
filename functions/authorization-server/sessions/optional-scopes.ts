import type { ResolvedServer } from "../../../config/resolve.ts";

/**
 * The scopes that a person may leave out when they allow a client, and withdraw afterwards: none of the servers requires them.
 *
 * @param servers those of the request or the session
 */
export function optionalScopes(
  servers: readonly Pick<ResolvedServer, "scopes">[],
  scopes: readonly string[],
): readonly string[] {
  const known = servers.flatMap((server) => server.scopes);
  return scopes.filter((scope) => {
    const meanings = known.filter(({ name }) => name === scope);
    return meanings.length > 0 && meanings.every(({ required }) => !required);
  });
}
