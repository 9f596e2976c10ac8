import * as z from "zod";
import { accessRules } from "./access-rules.ts";
import { backendHeaders } from "./backend-headers.ts";
import { entraTokensSchema } from "./entra-tokens.ts";
import { identitySchema } from "./identity.ts";
import { localText } from "./local-text.ts";
import { entraId } from "./rules/entra-id.ts";
import { traceToolCalls } from "./tool-call-trace.ts";
import { appRole, BEGINS_WITH_A_DOT, ENTRA_VALUE_LIMIT, entraValue, scopeName } from "./values.ts";

const scope = z.strictObject({
  name: scopeName,
  /**
   * What the consent page says the client may do, as the end of "If you allow this, it can …". Below it stand the tools, prompts and
   * resources whose rules need the scope.
   */
  description: localText(z.string().min(1).max(200)),
  /**
   * A token without a required scope is refused at the gateway, and a client that names no scope gets the required ones. An
   * optional scope is a box on the consent page, which the person can untick, and it can be withdrawn on the account page. It is
   * checked by the access rules that need it, or by the MCP server, which finds it in `X-Gateway-Scopes` when it was granted.
   */
  required: z.boolean().default(true),
});

const backend = z.union(
  [
    z.strictObject({ app: z.literal("graph-mcp") }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }), headers: backendHeaders }),
  ],
  { error: 'is either { app: "graph-mcp" } or { url: "https://…" }' },
);

/** An MCP server behind the gateway. */
export const serverSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, "is 1 to 31 of a-z, 0-9 and -, and starts with a letter"),
    title: localText(z.string().min(1).max(80)),
    /** Path of the MCP endpoint at the gateway. The first server's default is /mcp, any other's /<name>/mcp. */
    path: z
      .string()
      .regex(
        /^(\/[a-z0-9][a-z0-9-]*){1,4}$/,
        "is 1 to 4 segments of a-z, 0-9 and -, without a slash at the end",
      )
      .max(200)
      .optional(),
    backend,
    /** How the server is told who calls: by an Entra token, by an assertion of the gateway, or not at all. */
    identity: identitySchema.default("entra-token"),
    /** Only where the server gets Entra tokens. */
    entra: z
      .strictObject({
        /**
         * The delegated scope of the user's token for this server: its short name for an app of ours
         * ("Mcp.Access"), the whole of it for a server at a URL ("api://<application ID>/Mcp.Access").
         */
        scope: entraValue(300),
      })
      .optional(),
    scopes: z
      .array(scope)
      .min(1)
      .max(20)
      .refine(
        (scopes) => scopes.some((each) => each.required),
        "has no required scope, and a token without any would be good for nothing",
      ),
    access: z
      .strictObject({
        /**
         * The user needs one of these app roles, or one of the groups: at the server's own application, or at the gateway's sign-in
         * application where the server gets no Entra token. None listed: any user.
         */
        roles: z.array(appRole).max(20).default([]),
        /** Object IDs. The groups have to be assigned to that application in Entra. */
        groups: z.array(entraId).max(50).default([]),
        /** What refusals call a role or a group, also one that only a rule names, by the role's value or the group's ID. */
        titles: z.record(z.union([entraId, z.string()]), localText(z.string().min(1).max(80))).default({}),
      })
      .prefault({}),
    entraTokens: entraTokensSchema.optional(),
    ...accessRules,
    traceToolCalls,
  })
  .refine(({ backend, entra }) => "app" in backend || !entra || entra.scope.includes("/"), {
    path: ["entra", "scope"],
    error: 'is the whole scope ("api://<application ID>/<scope>") where the backend is a URL',
  })
  .refine(({ backend, entra }) => !("app" in backend) || !entra || entra.scope.length <= ENTRA_VALUE_LIMIT, {
    path: ["entra", "scope"],
    error: `is longer than ${ENTRA_VALUE_LIMIT} characters, which Entra does not take`,
  })
  .refine(({ backend, entra }) => !("url" in backend) || !entra || !/\/\.[^/]*$/.test(entra.scope), {
    path: ["entra", "scope"],
    error: BEGINS_WITH_A_DOT,
  })
  .superRefine(({ backend }, context) => {
    const url = "url" in backend ? URL.parse(backend.url) : null;
    const fault = url ? backendUrlFault(url) : undefined;
    if (fault) context.addIssue({ code: "custom", path: ["backend", "url"], message: fault });
  });

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

function backendUrlFault({ protocol, hostname, username, password, search, hash }: URL): string | undefined {
  if (protocol !== "https:" && !LOOPBACK_HOSTS.has(hostname)) {
    return "is http to a host that is not loopback, and users' tokens go there; use https";
  }
  if (username || password) return "has user information";
  // A gateway's policy takes the path alone.
  return search || hash ? "has a query or a fragment" : undefined;
}

export type ServerConfig = z.output<typeof serverSchema>;

/**
 * @param server one of the configured servers
 * @param index its place among them, from 0
 * @returns the path of its MCP endpoint at the gateway, with a leading slash
 */
export function serverPath(server: Pick<ServerConfig, "name" | "path">, index: number): string {
  return server.path ?? (index === 0 ? "/mcp" : `/${server.name}/mcp`);
}
