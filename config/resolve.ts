import * as z from "zod";
import { RULE_KINDS, resolvedRulesSchema } from "./access-rules.ts";
import { brandingSchema } from "./branding.ts";
import { entraAudiences, resolvedEntraTokensSchema } from "./entra-tokens.ts";
import { assertionOf, identitySchema } from "./identity.ts";
import { languageTag, localText } from "./local-text.ts";
import { type GatewayConfig, gatewaySchema } from "./schema.ts";
import { type ServerConfig, serverPath } from "./servers.ts";

/** Where the parts of one deployment are: known in Azure after provisioning, in the local twin after start. */
export interface Deployment {
  /** The gateway's origin, which is also the issuer; no slash at the end. */
  readonly origin: string;
  /** The MCP servers deployed with the gateway, by the name that `backend.app` uses. */
  readonly apps: Readonly<Record<string, { readonly mcpUrl: string; readonly applicationId: string }>>;
}

const resolvedServerSchema = z.object({
  name: z.string(),
  title: localText(z.string()),
  /** Path at the gateway, with a leading slash. */
  path: z.string().startsWith("/"),
  /** RFC 8707 resource indicator, RFC 9728 `resource`, and the access token's audience: the URL a person types. */
  resource: z.url(),
  backendUrl: z.url(),
  identity: identitySchema.default("entra-token"),
  /** The delegated Entra scope asked for this server, whole; none where the server gets no Entra token. */
  entraScope: z.string().min(1).optional(),
  /**
   * What a sign-in asks Entra for in addition to who the person is, separated by blanks. With `.default`, the one consent covers what the server's own application needs to
   * go on On-Behalf-Of; Entra heeds that for applications that know each other, as ours do.
   */
  signInScope: z.string(),
  scopes: z.array(z.object({ name: z.string(), description: localText(z.string()), required: z.boolean() })),
  roles: z.array(z.string()),
  /** Object IDs of Entra groups. */
  groups: z.array(z.string()).default([]),
  /** What refusals call a role or a group. */
  accessTitles: z.record(z.string(), localText(z.string())).default({}),
  rules: resolvedRulesSchema.default({}),
  entraTokens: resolvedEntraTokensSchema.optional(),
});

/** How the authorization server takes the configuration: as JSON, with everything about the deployment filled in. */
export const resolvedGatewaySchema = z
  .object({
    name: z.string(),
    defaultLanguage: languageTag,
    branding: brandingSchema,
    /** RFC 8414 issuer identifier: the gateway's bare origin. */
    issuer: z.url().refine((url) => URL.parse(url)?.origin === url, "is not a bare origin"),
    servers: z.array(resolvedServerSchema).min(1),
    requireResource: gatewaySchema.shape.requireResource,
    consent: gatewaySchema.shape.consent,
    clients: gatewaySchema.shape.clients,
    redirectSchemes: gatewaySchema.shape.redirectSchemes,
    clientDocuments: gatewaySchema.shape.clientDocuments,
    resourceServers: gatewaySchema.shape.resourceServers,
    lifetimes: gatewaySchema.shape.lifetimes,
  })
  .superRefine(({ issuer, servers }, context) => {
    // An access token has such an audience, and a server that does not look at `typ` would take it for an assertion.
    servers.forEach(({ identity }, index) => {
      const audience = assertionOf(identity)?.audience ?? "";
      if (URL.parse(audience)?.origin !== issuer && audience !== issuer) return;
      const path = ["servers", index, "identity", "assertion", "audience"];
      context.addIssue({ code: "custom", path, message: "is a URL of the gateway, as access tokens have" });
    });
  });

/** One MCP server as the authorization server and the gateway's policies know it. */
export type ResolvedServer = z.output<typeof resolvedServerSchema>;
export type ResolvedGateway = z.output<typeof resolvedGatewaySchema>;

/**
 * Joins what the operator wrote with where it was deployed.
 *
 * @throws Error when a server's `backend.app` is not part of the deployment
 */
export function resolveGateway(config: GatewayConfig, deployment: Deployment): ResolvedGateway {
  return {
    name: config.name,
    defaultLanguage: config.defaultLanguage,
    branding: config.branding,
    issuer: deployment.origin,
    servers: config.servers.map((server, index) => {
      const path = serverPath(server, index);
      return {
        name: server.name,
        title: server.title,
        path,
        resource: `${deployment.origin}${path}`,
        ...resolveBackend(server, index, deployment),
        identity: server.identity,
        scopes: server.scopes,
        roles: server.access.roles,
        groups: server.access.groups,
        accessTitles: server.access.titles,
        rules: Object.fromEntries(RULE_KINDS.flatMap((kind) => (server[kind] ? [[kind, server[kind]]] : []))),
        ...resolveEntraTokens(server, deployment),
      };
    }),
    requireResource: config.requireResource,
    consent: config.consent,
    clients: config.clients,
    redirectSchemes: config.redirectSchemes,
    clientDocuments: config.clientDocuments,
    resourceServers: config.resourceServers,
    lifetimes: config.lifetimes,
  };
}

function resolveBackend(
  { backend, entra, identity }: ServerConfig,
  index: number,
  { apps }: Deployment,
): Pick<ResolvedServer, "backendUrl" | "entraScope" | "signInScope"> {
  if ("url" in backend) {
    if (entra) return { backendUrl: backend.url, entraScope: entra.scope, signInScope: entra.scope };
    const email = assertionOf(identity)?.claims.includes("email");
    return { backendUrl: backend.url, signInScope: email ? "email" : "" };
  }
  const app = apps[backend.app];
  if (!app) throw new Error(`servers[${index}].backend.app: "${backend.app}" is not deployed`);
  if (!entra) throw new Error(`servers[${index}].entra.scope is missing`);
  const resource = `api://${app.applicationId}`;
  return {
    backendUrl: app.mcpUrl,
    entraScope: `${resource}/${entra.scope}`,
    signInScope: `${resource}/.default`,
  };
}

function resolveEntraTokens(
  { backend, entra, entraTokens }: ServerConfig,
  { apps }: Deployment,
): Pick<ResolvedServer, "entraTokens"> {
  if (!entraTokens || !entra) return {};
  const applicationId = "app" in backend ? apps[backend.app]?.applicationId : undefined;
  const audiences =
    applicationId === undefined
      ? entraAudiences(entraTokens, entra.scope)
      : [applicationId, `api://${applicationId}`];
  return { entraTokens: { ...entraTokens, audiences: [...(audiences ?? [])] } };
}
