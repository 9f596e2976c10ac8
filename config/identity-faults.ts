import { RULE_KINDS } from "./access-rules.ts";
import { assertionOf, GATEWAY_CALL_ROLE } from "./identity.ts";
import type { ServerConfig } from "./servers.ts";

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Finds what a server's identity does not go together with. Paths are below the server. */
export function identityFaults(server: ServerConfig): Fault[] {
  const { identity, entra, backend } = server;
  if (identity === "entra-token") {
    const withoutScope = {
      path: ["entra", "scope"],
      message: "is needed where the server gets Entra tokens",
    };
    return [...(entra ? [] : [withoutScope]), ...takenAuthorization(server)];
  }
  if ("app" in backend) {
    return [
      { path: ["identity"], message: `is "entra-token" for "${backend.app}", which needs Entra tokens` },
    ];
  }
  return [
    ...(entra ? [{ path: ["entra"], message: "has no meaning where the server gets no Entra token" }] : []),
    ...gatewayCallRoles(server),
    ...takenAuthorization(server),
  ];
}

/** The key of a backend may be in `Authorization` only where the gateway sends nothing else there. */
function takenAuthorization({ identity, backend }: ServerConfig): Fault[] {
  if (identity === "none" || !("url" in backend)) return [];
  const sent = identity === "entra-token" ? "the user's Entra token" : "the assertion";
  return Object.keys(backend.headers)
    .filter((name) => name.toLowerCase() === "authorization")
    .map((name) => ({ path: ["backend", "headers", name], message: `is the field of ${sent}` }));
}

function gatewayCallRoles(server: ServerConfig): Fault[] {
  const { access } = server;
  const lists = [
    { path: ["access", "roles"], roles: access.roles },
    ...RULE_KINDS.flatMap((kind) =>
      (server[kind]?.rules ?? []).map(({ roles }, index) => ({
        path: [kind, "rules", index, "roles"],
        roles,
      })),
    ),
  ];
  return lists.flatMap(({ path, roles }) =>
    roles.flatMap((role, index) =>
      role === GATEWAY_CALL_ROLE
        ? [{ path: [...path, index], message: "is the gateway's own role, which no person can have" }]
        : [],
    ),
  );
}

/** Finds audiences of two servers at different places: one could use at the other the assertions that it gets. */
export function sharedAudiences(servers: readonly ServerConfig[]): Fault[] {
  const addressed = servers.map(({ identity, backend }) => ({
    audience: assertionOf(identity)?.audience,
    url: "url" in backend ? backend.url : "",
  }));
  return addressed.flatMap(({ audience, url }, index) => {
    const shared = addressed
      .slice(0, index)
      .some((other) => audience !== undefined && other.audience === audience && other.url !== url);
    if (!shared) return [];
    const message = `"${audience}" is another server's too, and each could use the other's assertions`;
    return [{ path: ["servers", index, "identity", "assertion", "audience"], message }];
  });
}
