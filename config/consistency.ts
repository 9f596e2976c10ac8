import type * as z from "zod";
import { LINK_NAMES } from "./branding.ts";

import { entraTokenFaults } from "./entra-token-faults.ts";
import { identityFaults, sharedAudiences } from "./identity-faults.ts";
import type { LocalText } from "./local-text.ts";
import { ruleFaults } from "./rule-faults.ts";
import type { GatewayConfig } from "./schema.ts";
import { NAMED_VALUE_LIMIT, scopesByPath } from "./scopes-by-path.ts";
import { serverPath } from "./servers.ts";

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Checks what no field shows on its own: values that are used twice, names of nothing, limits of all fields together. */
export function checkConsistency(gateway: GatewayConfig, context: z.RefinementCtx): void {
  for (const check of CHECKS) {
    for (const fault of check(gateway)) context.addIssue({ code: "custom", ...fault });
  }
}

const CHECKS: readonly ((gateway: GatewayConfig) => Fault[])[] = [
  repeatedValues,
  resourceServersOfNoServer,
  rolesThatAreScopes,
  faultsOfServers,
  ({ servers }) => sharedAudiences(servers),
  textsWithoutDefaultLanguage,
  scopesTooLong,
  tenantsOfEntraTokens,
  tooLarge,
];

function repeatedValues({
  servers,
  tenants,
  clients,
  redirectSchemes,
  clientDocuments,
  resourceServers,
}: GatewayConfig): Fault[] {
  const ids = (values: readonly { readonly id: string }[]) => values.map(({ id }) => id);
  const copies = clientDocuments.copies.map((copy) => String(copy["client_id"]));
  const names = servers.map(({ name }) => name);
  return [
    ...repeated(names, (index) => ["servers", index, "name"], "the server name"),
    ...repeated(servers.map(serverPath), (index) => ["servers", index, "path"], "the path"),
    ...repeated(tenants, (index) => ["tenants", index], "the tenant"),
    ...repeated(ids(clients), (index) => ["clients", index, "id"], "the client ID"),
    ...repeated(redirectSchemes, (index) => ["redirectSchemes", index], "the scheme"),
    ...repeated(copies, (index) => ["clientDocuments", "copies", index, "client_id"], "the client ID"),
    ...repeated(ids(resourceServers), (index) => ["resourceServers", index, "id"], "the resource server ID"),
  ];
}

function repeated(
  values: readonly string[],
  path: (index: number) => (string | number)[],
  what: string,
): Fault[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) === index
      ? []
      : [{ path: path(index), message: `${what} "${value}" stands twice` }],
  );
}

function resourceServersOfNoServer({ servers, resourceServers }: GatewayConfig): Fault[] {
  return resourceServers.flatMap(({ server }, index) =>
    servers.some(({ name }) => name === server)
      ? []
      : [{ path: ["resourceServers", index, "server"], message: `"${server}" is no server's name` }],
  );
}

/** Servers with the same `backend.app` share one Entra application, where a value may be used once. */
function rolesThatAreScopes({ servers }: GatewayConfig): Fault[] {
  return servers.flatMap(({ backend, access }, index) =>
    access.roles.flatMap((role, place) => {
      const same = servers.find(
        (other) =>
          "app" in backend &&
          "app" in other.backend &&
          other.backend.app === backend.app &&
          other.entra?.scope === role,
      );
      if (!same) return [];
      const message = `is also the Entra scope of "${same.name}"; Entra takes a value once in an application`;
      return [{ path: ["servers", index, "access", "roles", place], message }];
    }),
  );
}

function faultsOfServers({ servers }: GatewayConfig): Fault[] {
  return servers.flatMap((server, index) => {
    const names = server.scopes.map(({ name }) => name);
    const first = serverPath(server, index).split("/")[1] ?? "";
    const reserved = {
      path: ["servers", index, "path"],
      message: `starts with "/${first}", which the authorization server uses`,
    };
    return [
      ...repeated(names, (place) => ["servers", index, "scopes", place, "name"], "the scope"),
      ...(RESERVED_SEGMENTS.has(first) ? [reserved] : []),
      ...[...ruleFaults(server), ...identityFaults(server), ...entraTokenFaults(server, servers)].map(
        ({ path, message }) => ({
          path: ["servers", index, ...path],
          message,
        }),
      ),
    ];
  });
}

/** First path segments that belong to the authorization server. */
const RESERVED_SEGMENTS = new Set([
  "account",
  "authorize",
  "callback",
  "consent",
  "health",
  "internal",
  "introspect",
  "jwks",
  "register",
  "revoke",
  "token",
]);

function textsWithoutDefaultLanguage(gateway: GatewayConfig): Fault[] {
  const { defaultLanguage } = gateway;
  return localTexts(gateway).flatMap(({ path, text }) =>
    typeof text === "object" && text[defaultLanguage] === undefined
      ? [{ path, message: `has no text in the default language, "${defaultLanguage}"` }]
      : [],
  );
}

/** Every text that may be in several languages, and its place. */
function localTexts({
  servers,
  branding,
}: GatewayConfig): { path: (string | number)[]; text: LocalText | undefined }[] {
  return [
    ...LINK_NAMES.map((name) => ({ path: ["branding", name], text: branding[name] })),
    ...servers.flatMap(({ title, scopes, access }, server) => [
      { path: ["servers", server, "title"], text: title },
      ...Object.entries(access.titles).map(([name, text]) => ({
        path: ["servers", server, "access", "titles", name],
        text,
      })),
      ...scopes.map(({ description }, scope) => ({
        path: ["servers", server, "scopes", scope, "description"],
        text: description,
      })),
    ]),
  ];
}

function scopesTooLong({ servers }: GatewayConfig): Fault[] {
  const withPaths = servers.map((server, index) => ({
    path: serverPath(server, index),
    scopes: server.scopes,
  }));
  return (["required", "optional"] as const).flatMap((kind) => {
    const { length } = scopesByPath(withPaths, kind);
    if (length <= NAMED_VALUE_LIMIT) return [];
    const message = `has paths and ${kind} scopes of ${length} characters together; API Management takes ${NAMED_VALUE_LIMIT}`;
    return [{ path: ["servers"], message }];
  });
}

/** Each tenant's keys are an element of one policy fragment, of which API Management takes 32 KB. */
const MOST_TENANTS_OF_ENTRA_TOKENS = 40;

function tenantsOfEntraTokens({ servers, tenants }: GatewayConfig): Fault[] {
  const isUsed = servers.some(({ entraTokens }) => entraTokens !== undefined);
  if (!isUsed || tenants.length <= MOST_TENANTS_OF_ENTRA_TOKENS) return [];
  const message = `has ${tenants.length} tenants; a gateway that takes Entra tokens (entraTokens) has room for ${MOST_TENANTS_OF_ENTRA_TOKENS}`;
  return [{ path: ["tenants"], message }];
}

/** The authorization server takes the whole configuration as one environment variable, of which Linux takes 128 KiB. */
const SETTING_LIMIT_BYTES = 100_000;

function tooLarge(gateway: GatewayConfig): Fault[] {
  const size = Buffer.byteLength(JSON.stringify(gateway));
  if (size <= SETTING_LIMIT_BYTES) return [];
  return [{ path: [], message: `is ${size} bytes as JSON; an app setting takes ${SETTING_LIMIT_BYTES}` }];
}
