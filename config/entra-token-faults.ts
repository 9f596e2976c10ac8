import { entraAudiences } from "./entra-tokens.ts";
import type { ServerConfig } from "./servers.ts";

/** A fault below a server, with its place there. */
interface EntraTokenFault {
  readonly path: (string | number)[];
  readonly message: string;
}

const KINDS = ["users", "workloads"] as const;

/**
 * Finds what a server says of Entra tokens that cannot be meant.
 *
 * @param servers all of them: those with the same `backend.app` share one Entra application
 */
export function entraTokenFaults(server: ServerConfig, servers: readonly ServerConfig[]): EntraTokenFault[] {
  const { entraTokens, entra, backend } = server;
  if (!entraTokens) return [];
  const faults: EntraTokenFault[] = [];
  const note = (path: (string | number)[], message: string) =>
    faults.push({ path: ["entraTokens", ...path], message });
  if (!entra) {
    note([], "takes Entra tokens for the server's application, and without entra.scope it has none");
    return faults;
  }
  if (KINDS.every((kind) => Object.keys(entraTokens[kind]).length === 0)) {
    note([], "takes no token, because neither users nor workloads has an entry");
  }
  if ("app" in backend && entraTokens.audiences) {
    note(["audiences"], "is known for an app of this deployment, and may not be set");
  }
  if ("url" in backend && !entraAudiences(entraTokens, entra.scope)) {
    note(["audiences"], "is needed, because entra.scope does not hold the application's ID");
  }
  for (const kind of KINDS) {
    const entries = Object.entries(entraTokens[kind]);
    for (const [key, scopes] of entries) {
      const unknown = scopes.find((scope) => !server.scopes.some(({ name }) => name === scope));
      if (unknown) note([kind, key], `gives "${unknown}", which is no scope of this server`);
      const message = neverInToken(kind, key, server, servers);
      if (message) note([kind, key], message);
    }
    const all = new Set(entries.flatMap(([, scopes]) => scopes));
    const missing = server.scopes.find(({ name, required }) => required && !all.has(name));
    if (entries.length > 0 && missing) note([kind], `never gives "${missing.name}", which every call needs`);
  }
  return faults;
}

/** An app of ours has the scopes that its servers name, and the app roles that they name. */
function neverInToken(
  kind: (typeof KINDS)[number],
  key: string,
  { backend }: ServerConfig,
  servers: readonly ServerConfig[],
): string | undefined {
  if (!("app" in backend)) return undefined;
  const isScope = servers.some(
    (other) => "app" in other.backend && other.backend.app === backend.app && other.entra?.scope === key,
  );
  if (kind === "users" && !isScope) return "is no Entra scope of this app";
  return kind === "workloads" && isScope
    ? "is also an Entra scope of this app; Entra takes a value once in an application"
    : undefined;
}
