import * as z from "zod";
import { RULE_KINDS } from "./access-rules.ts";
import type { ServerConfig } from "./servers.ts";

/** The longest life of an assertion, in seconds. */
const LONGEST_LIFETIME = 600;

/** What an assertion may say of the person in addition to their IDs. */
export const PERSONAL_CLAIMS = ["name", "preferred_username", "email"] as const;

const assertionSchema = z.strictObject({
  /**
   * `aud` of the assertions: what the server expects. Give each server another one, or a server could use at another what it was
   * sent itself. It may not be a URL of the gateway.
   */
  audience: z.string().regex(/^[!-~]{1,300}$/, "is 1 to 300 printable ASCII characters without blanks"),
  /** Personal data that the server needs: `name`, `preferred_username`, `email`. The person's IDs are in every assertion. */
  claims: z
    .array(z.enum(PERSONAL_CLAIMS))
    .max(PERSONAL_CLAIMS.length)
    .default([])
    .refine((claims) => new Set(claims).size === claims.length, "names a claim twice"),
  /** Seconds. The gateway sends each assertion for at most half its life. */
  lifetime: z.int().min(60).max(LONGEST_LIFETIME).default(LONGEST_LIFETIME),
});

/**
 * How a server is told who calls: by the user's Entra token for the server's own application; by an assertion, a JWT that the gateway
 * signs for the server's audience; or not at all. With the last two the server knows nothing of Entra and has no `entra.scope`, and
 * `access.roles` and `access.groups` are those of the gateway's own sign-in application.
 */
export const identitySchema = z.union(
  [z.enum(["entra-token", "none"]), z.strictObject({ assertion: assertionSchema })],
  {
    error: `is "entra-token", "none" or { assertion: { audience: "…" } }, with claims (${PERSONAL_CLAIMS.join(", ")}) and a lifetime if wanted`,
  },
);

export type Identity = z.output<typeof identitySchema>;

/** @returns how the assertions for a server are made; undefined when it gets none */
export function assertionOf(identity: Identity) {
  return typeof identity === "object" ? identity.assertion : undefined;
}

/** An app role of the sign-in application that is not for people: the gateway itself has it. */
export const GATEWAY_CALL_ROLE = "Gateway.Call";

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Finds what a server's identity does not go together with. Paths are below the server. */
export function identityFaults(server: ServerConfig): Fault[] {
  const { identity, entra, backend } = server;
  if (identity === "entra-token") {
    return entra
      ? []
      : [{ path: ["entra", "scope"], message: "is needed where the server gets Entra tokens" }];
  }
  if ("app" in backend) {
    return [
      { path: ["identity"], message: `is "entra-token" for "${backend.app}", which needs Entra tokens` },
    ];
  }
  return [
    ...(entra ? [{ path: ["entra"], message: "has no meaning where the server gets no Entra token" }] : []),
    ...gatewayCallRoles(server),
  ];
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

/** What the gateway's sign-in application has to have for the servers that know nothing of Entra. */
export interface SignInDemands {
  /** App roles for people. */
  readonly roles: readonly string[];
  /** Object IDs of Entra groups, which have to be assigned to it. */
  readonly groups: readonly string[];
  /** Whether people's addresses are needed. */
  readonly email: boolean;
}

export function signInDemands(servers: readonly ServerConfig[]): SignInDemands {
  const own = servers.filter(({ identity }) => identity !== "entra-token");
  const named = own.flatMap((server) => [
    server.access,
    ...RULE_KINDS.flatMap((kind) => server[kind]?.rules ?? []),
  ]);
  const once = (values: readonly string[]) => [...new Set(values)];
  return {
    roles: once(named.flatMap(({ roles }) => roles)),
    groups: once(named.flatMap(({ groups }) => groups)),
    email: own.some(({ identity }) => assertionOf(identity)?.claims.includes("email")),
  };
}
