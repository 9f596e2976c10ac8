import type { JSONWebKeySet } from "jose";
import { z } from "zod";
import { brandingSchema } from "./branding.ts";
import { clientDocumentsSchema } from "./client-documents.ts";
import { cloudNames } from "./clouds.ts";
import { type LocalText, languageTag, localText } from "./local-text.ts";
import { entraId } from "./rules/entra-id.ts";
import { fetchUrlFault } from "./rules/fetchable-url.ts";
import { keySetFault } from "./rules/key-set.ts";
import { redirectSchemeFault } from "./rules/private-use-schemes.ts";
import { redirectUriFault } from "./rules/redirect-uri.ts";
import { NAMED_VALUE_LIMIT, scopesByPath } from "./scopes-by-path.ts";
import { isWebOrigin } from "./web-origin.ts";

/** Narrower than RFC 6749 §3.3: what policies and challenges carry without quoting. */
const scopeName = z
  .string()
  .regex(/^[A-Za-z0-9._:/-]{1,64}$/, "is 1 to 64 of A-Z, a-z, 0-9 and . _ : / -")
  .refine((name) => name !== "offline_access", "is every client's to ask for, and no scope of a server");

/** Longest value of an app role or of a scope in an Entra application, in characters. */
const ENTRA_VALUE_LIMIT = 120;

const BEGINS_WITH_A_DOT = "begins with a dot, which Entra does not take";

/** The value of an app role or a scope, as Entra accepts it (Graph: appRole, permissionScope). */
const entraValue = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(
      /^[A-Za-z0-9:!#$%&'()*+,./;<=>?@[\]^_`{|}~-]*$/,
      "has a character that Entra does not take: a blank, a quotation mark, a backslash, or none of ASCII",
    )
    .refine((value) => !value.startsWith("."), BEGINS_WITH_A_DOT);

const seconds = (shortest: number, longest: number) => z.int().min(shortest).max(longest);

const HOUR = 3600;
const DAY = 24 * HOUR;

const scope = z.strictObject({
  name: scopeName,
  /** What the consent page says the client may do, as the end of "This will let it …". */
  description: localText(z.string().min(1).max(200)),
  /**
   * A token without a required scope is refused at the gateway, and a client that names no scope gets the required ones. An
   * optional scope is checked by the MCP server, which finds it in `X-Gateway-Scopes` when it was granted.
   */
  required: z.boolean().default(true),
});

const backend = z.union(
  [z.strictObject({ app: z.literal("graph-mcp") }), z.strictObject({ url: z.url({ protocol: /^https?$/ }) })],
  { error: 'is either { app: "graph-mcp" } or { url: "https://…" }' },
);

const server = z
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
    entra: z.strictObject({
      /**
       * The delegated scope of the user's token for this server: its short name for an app of ours
       * ("Mcp.Access"), the whole of it for a server at a URL ("api://<application ID>/Mcp.Access").
       */
      scope: entraValue(300),
    }),
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
        /** The user needs one of these app roles, or one of the groups, in the Entra token for this server; none listed: any user. */
        roles: z.array(entraValue(ENTRA_VALUE_LIMIT)).max(20).default([]),
        /** Object IDs. The groups have to be assigned to the server's application in Entra. */
        groups: z.array(entraId).max(50).default([]),
        /** What the page that refuses people calls a role or a group, by the role's value or the group's ID. */
        titles: z.record(z.union([entraId, z.string()]), localText(z.string().min(1).max(80))).default({}),
      })
      .superRefine(({ roles, groups, titles }, context) => {
        for (const key of Object.keys(titles)) {
          if (![...roles, ...groups].includes(key)) {
            context.addIssue({
              code: "custom",
              path: ["titles", key],
              message: "is a title for no role or group that is listed here",
            });
          }
        }
      })
      .prefault({}),
  })
  .refine((value) => "app" in value.backend || value.entra.scope.includes("/"), {
    path: ["entra", "scope"],
    error: 'is the whole scope ("api://<application ID>/<scope>") where the backend is a URL',
  })
  .refine((value) => !("app" in value.backend) || value.entra.scope.length <= ENTRA_VALUE_LIMIT, {
    path: ["entra", "scope"],
    error: `is longer than ${ENTRA_VALUE_LIMIT} characters, which Entra does not take`,
  })
  .refine((value) => !("url" in value.backend) || !/\/\.[^/]*$/.test(value.entra.scope), {
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
    return "is http to a host that is not loopback, and users' Entra tokens go there; use https";
  }
  if (username || password) return "has user information";
  // A gateway's policy takes the path alone.
  return search || hash ? "has a query or a fragment" : undefined;
}

/** The public half of the keys that sign a client's assertions (private_key_jwt, RFC 7523). */
const keySet = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .superRefine((value, context) => {
    const fault = keySetFault(value);
    if (fault) context.addIssue({ code: "custom", message: fault });
  })
  .transform((value) => value as unknown as JSONWebKeySet);

const fetchUrl = z.string().superRefine((url, context) => {
  const fault = fetchUrlFault(url);
  if (fault) context.addIssue({ code: "custom", message: fault });
});

/** How a program proves that it is itself, without a secret in this file. */
const credentials = [
  z.strictObject({
    /** SHA-256 of a random secret, base64url; the secret itself stays with the client. */
    secretHash: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "is no SHA-256 in base64url"),
  }),
  z.strictObject({ jwks: keySet }),
  z.strictObject({ jwksUri: fetchUrl }),
] as const;

const client = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, "is 1 to 128 of A-Z, a-z, 0-9 and . _ ~ -"),
  name: z.string().min(1).max(120),
  redirectUris: z
    .array(
      z.string().superRefine((uri, context) => {
        const message = redirectUriFault(uri, "any");
        if (message) context.addIssue({ code: "custom", message });
      }),
    )
    .min(1)
    .max(20),
  /** How the client authenticates at /token and /revoke; PKCE is asked of every client besides. */
  auth: z
    .union([z.literal("none"), ...credentials], {
      error: 'is "none", { secretHash: "…" }, { jwks: { keys: […] } } or { jwksUri: "https://…" }',
    })
    .default("none"),
});

const resourceServer = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, "is 1 to 128 of A-Z, a-z, 0-9 and . _ ~ -"),
  /** Name of the MCP server whose tokens it may ask about. */
  server: z.string(),
  auth: z.union(credentials, {
    error: 'is { secretHash: "…" }, { jwks: { keys: […] } } or { jwksUri: "https://…" }',
  }),
});

const redirectScheme = z
  .string()
  .max(200)
  .superRefine((entry, context) => {
    const message = redirectSchemeFault(entry);
    if (message) context.addIssue({ code: "custom", message });
  });

const origin = z
  .string()
  .refine(
    isWebOrigin,
    'is not an origin as browsers send it ("https://app.example.com", "chrome-extension://<ID>")',
  );

const rate = (calls: number, period: number) =>
  z.strictObject({
    calls: z.int().min(1).max(1_000_000).default(calls),
    /** Seconds; API Management allows 300 at most. */
    period: seconds(1, 300).default(period),
  });

export const gatewaySchema = z
  .strictObject({
    /** What the pages call this gateway. */
    name: z.string().min(1).max(80).default("MCP gateway"),
    /** Which of Azure's clouds it is deployed to. */
    cloud: z.enum(cloudNames).default("public"),
    /** Entra tenants whose people may sign in, by their IDs, besides the one that it is deployed in. */
    tenants: z.array(entraId).max(100).default([]),
    /** What the pages speak to a browser that wants none of their languages. */
    defaultLanguage: languageTag.default("en"),
    branding: brandingSchema.prefault({}),
    servers: z.array(server).min(1).max(30),
    /**
     * Whether an authorization request has to name its MCP server (`resource`, RFC 8707). Clients of MCP 2025-03-26 name none: while
     * this is false, the gateway chooses the server for them, and the consent page says so first.
     */
    requireResource: z.boolean().default(false),
    /**
     * For how many seconds a browser may remember what its person decided about a client's request, if they want that; 0: every
     * sign-in asks. docs/threat-model.md says what that opens.
     */
    consent: z
      .strictObject({
        remember: z
          .strictObject({
            approvals: seconds(0, 30 * DAY).default(0),
            denials: seconds(0, 30 * DAY).default(0),
          })
          .prefault({}),
      })
      .prefault({}),
    /** Clients known without registration. */
    clients: z.array(client).max(100).default([]),
    /**
     * Private-use schemes ("acme") and places in them ("vscode://acme.agent/callback") where clients that register themselves
     * may await answers, besides domain names in reverse order ("com.example.app") and the callbacks of known MCP clients.
     */
    redirectSchemes: z.array(redirectScheme).max(20).default([]),
    clientDocuments: clientDocumentsSchema.prefault({}),
    /** Programs that may ask at /introspect whether a token for their MCP server still stands (RFC 7662). */
    resourceServers: z.array(resourceServer).max(100).default([]),
    /**
     * Origins whose pages may call the MCP servers, as browsers send them in `Origin`: of web sites, browser extensions
     * ("chrome-extension://<ID>") and web views ("tauri://localhost"). Pages of any origin may call when none is listed. Programs that
     * are not web pages send no `Origin`, and are not limited by it.
     */
    allowedOrigins: z.array(origin).max(20).default([]),
    /** All in seconds. */
    lifetimes: z
      .strictObject({
        accessToken: seconds(1, DAY).default(HOUR),
        authorizationCode: seconds(1, 600).default(60),
        /** A refresh token not used for this long ends. */
        refreshToken: seconds(1, 90 * DAY).default(30 * DAY),
        /** A session ends after this long, however much it is used. */
        session: seconds(1, 365 * DAY).default(90 * DAY),
        /** From the consent page to the return from Entra. */
        signIn: seconds(10, HOUR).default(600),
        /** How long the answer to a refresh may be had again with the same refresh token. */
        refreshReplay: seconds(0, 600).default(60),
        /**
         * A registration with which nobody signed in, and which did not refresh, for this long ends. One with which nobody ever
         * signed in ends after a day.
         */
        registration: seconds(60, 365 * DAY).default(90 * DAY),
        /** How long the gateway keeps a user's Entra token before it asks again whether the session still stands. */
        gatewayCache: seconds(1, HOUR).default(300),
      })
      .prefault({}),
    rateLimits: z
      .strictObject({
        // By address means: what programs and people send from there, and apart from it what web pages have browsers send. The
        // defaults let 200 colleagues behind one address through in their busiest minute, all with one client (docs/threat-model.md).
        /** Per address. Each is written; the longer period lets a burst through, and no flood. */
        register: rate(500, 300).prefault({}),
        /** Per address: /authorize, /consent, /callback and /account together. */
        signIn: rate(2400, 60).prefault({}),
        /** Per address: /token and /revoke together; /introspect by itself. */
        token: rate(2400, 60).prefault({}),
        /** Per client at one address: /token, /revoke and /introspect together; /authorize by itself. */
        client: rate(1200, 60).prefault({}),
        /**
         * Per client, from all addresses together: the same paths, twice over, for addresses from which it got tokens within a
         * day and for all others. Anyone who knows a public client's ID can use up the latter, so keep it high.
         */
        clientEverywhere: rate(60_000, 60).prefault({}),
        /** Per session. */
        mcp: rate(1200, 60).prefault({}),
        /** Per address: metadata, keys and health, of which each client reads some before it signs in. */
        documents: rate(3000, 60).prefault({}),
      })
      .prefault({}),
  })
  .superRefine((gateway, context) => {
    const repeated = (
      values: readonly string[],
      path: (index: number) => (string | number)[],
      what: string,
    ) => {
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) !== index) {
          context.addIssue({ code: "custom", path: path(index), message: `${what} "${value}" stands twice` });
        }
      }
    };
    repeated(
      gateway.servers.map((s) => s.name),
      (i) => ["servers", i, "name"],
      "the server name",
    );
    repeated(gateway.servers.map(serverPath), (i) => ["servers", i, "path"], "the path");
    repeated(gateway.tenants, (i) => ["tenants", i], "the tenant");
    repeated(
      gateway.clients.map((c) => c.id),
      (i) => ["clients", i, "id"],
      "the client ID",
    );
    repeated(gateway.redirectSchemes, (i) => ["redirectSchemes", i], "the scheme");
    repeated(
      gateway.clientDocuments.copies.map((c) => String(c["client_id"])),
      (i) => ["clientDocuments", "copies", i, "client_id"],
      "the client ID",
    );
    repeated(
      gateway.resourceServers.map((r) => r.id),
      (i) => ["resourceServers", i, "id"],
      "the resource server ID",
    );
    for (const [index, { server }] of gateway.resourceServers.entries()) {
      if (!gateway.servers.some(({ name }) => name === server)) {
        context.addIssue({
          code: "custom",
          path: ["resourceServers", index, "server"],
          message: `"${server}" is no server's name`,
        });
      }
    }
    for (const { path, scopeOf } of rolesThatAreScopes(gateway.servers)) {
      const message = `is also the Entra scope of "${scopeOf}"; Entra takes a value once in an application`;
      context.addIssue({ code: "custom", path, message });
    }
    for (const [index, each] of gateway.servers.entries()) {
      repeated(
        each.scopes.map((s) => s.name),
        (i) => ["servers", index, "scopes", i, "name"],
        "the scope",
      );
      const first = serverPath(each, index).split("/")[1] ?? "";
      if (RESERVED_SEGMENTS.has(first)) {
        context.addIssue({
          code: "custom",
          path: ["servers", index, "path"],
          message: `starts with "/${first}", which the authorization server uses`,
        });
      }
    }
    for (const { path, text } of localTexts(gateway)) {
      if (typeof text === "object" && text[gateway.defaultLanguage] === undefined) {
        const message = `has no text in the default language, "${gateway.defaultLanguage}"`;
        context.addIssue({ code: "custom", path, message });
      }
    }
    const servers = gateway.servers.map((each, index) => ({
      path: serverPath(each, index),
      scopes: each.scopes,
    }));
    for (const kind of ["required", "optional"] as const) {
      const { length } = scopesByPath(servers, kind);
      if (length > NAMED_VALUE_LIMIT) {
        context.addIssue({
          code: "custom",
          path: ["servers"],
          message: `has paths and ${kind} scopes of ${length} characters together; API Management takes ${NAMED_VALUE_LIMIT}`,
        });
      }
    }
    const size = Buffer.byteLength(JSON.stringify(gateway));
    if (size > SETTING_LIMIT_BYTES) {
      context.addIssue({
        code: "custom",
        path: [],
        message: `is ${size} bytes as JSON; an app setting takes ${SETTING_LIMIT_BYTES}`,
      });
    }
  });

/** Servers with the same `backend.app` share one Entra application, where a value may be used once. */
function rolesThatAreScopes(servers: readonly z.output<typeof server>[]) {
  return servers.flatMap(({ backend, access }, index) =>
    access.roles.flatMap((role, place) => {
      const same = servers.find(
        (other) =>
          "app" in backend &&
          "app" in other.backend &&
          other.backend.app === backend.app &&
          other.entra.scope === role,
      );
      return same ? [{ path: ["servers", index, "access", "roles", place], scopeOf: same.name }] : [];
    }),
  );
}

/** Every text that may stand in several languages, and where it stands. */
function localTexts({
  servers,
  branding: { termsUrl, privacyUrl, supportUrl },
}: {
  readonly servers: readonly {
    readonly title: LocalText;
    readonly scopes: readonly { readonly description: LocalText }[];
    readonly access: { readonly titles: Readonly<Record<string, LocalText>> };
  }[];
  readonly branding: { readonly [link in "termsUrl" | "privacyUrl" | "supportUrl"]?: LocalText | undefined };
}): { path: (string | number)[]; text: LocalText | undefined }[] {
  return [
    ...Object.entries({ termsUrl, privacyUrl, supportUrl }).map(([name, text]) => ({
      path: ["branding", name],
      text,
    })),
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

/** The authorization server takes all of it as one environment variable, of which Linux takes 128 KiB. */
const SETTING_LIMIT_BYTES = 100_000;

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

/** What an operator writes: everything with a default may be left out. */
export type GatewayConfigInput = z.input<typeof gatewaySchema>;
/** The same with every default filled in. */
export type GatewayConfig = z.output<typeof gatewaySchema>;
export type ServerConfig = GatewayConfig["servers"][number];
export type Lifetimes = GatewayConfig["lifetimes"];

/**
 * @param server one of the configured servers
 * @param index its place among them, from 0
 * @returns the path of its MCP endpoint at the gateway, with a leading slash
 */
export function serverPath(server: Pick<ServerConfig, "name" | "path">, index: number): string {
  return server.path ?? (index === 0 ? "/mcp" : `/${server.name}/mcp`);
}
