import * as z from "zod";
import { brandingSchema } from "./branding.ts";
import { clientDocumentsSchema } from "./client-documents.ts";
import { clientSchema, resourceServerSchema } from "./clients.ts";
import { cloudNames } from "./clouds.ts";
import { DAY, lifetimesSchema, seconds } from "./lifetimes.ts";
import { languageTag } from "./local-text.ts";
import { rateLimitsSchema } from "./rate-limits.ts";
import { entraId } from "./rules/entra-id.ts";
import { redirectSchemeFault } from "./rules/private-use-schemes.ts";
import { serverSchema } from "./servers.ts";
import { isWebOrigin } from "./web-origin.ts";

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

/** The fields of `gateway.config.ts`, each on its own. `consistency.ts` checks what they say together. */
export const gatewaySchema = z.strictObject({
  /** What the pages call this gateway. */
  name: z.string().min(1).max(80).default("MCP gateway"),
  /** Which of Azure's clouds it is deployed to. */
  cloud: z.enum(cloudNames).default("public"),
  /** Entra tenants whose people may sign in, by their IDs, in addition to the tenant that it is deployed in. */
  tenants: z.array(entraId).max(100).default([]),
  /** What the pages speak to a browser that wants none of their languages. */
  defaultLanguage: languageTag.default("en"),
  branding: brandingSchema.prefault({}),
  servers: z.array(serverSchema).min(1).max(30),
  /**
   * Whether an authorization request has to name its MCP server (`resource`, RFC 8707). Clients of MCP 2025-03-26 name none: while
   * this is false, the gateway chooses the server for them, and the consent page says so first.
   */
  requireResource: z.boolean().default(false),
  /**
   * For how many seconds a browser may remember what its person decided about a client's request, if they want that; 0: every
   * sign-in asks. An approval holds for the scopes that the person chose; a request for more asks again. docs/threat-model.md says what that opens.
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
  clients: z.array(clientSchema).max(100).default([]),
  /**
   * Private-use schemes ("acme") and places in them ("vscode://acme.agent/callback") where clients that register themselves
   * may await answers, in addition to domain names in reverse order ("com.example.app") and the callbacks of known MCP clients.
   */
  redirectSchemes: z.array(redirectScheme).max(20).default([]),
  clientDocuments: clientDocumentsSchema.prefault({}),
  /** Programs that may ask at /introspect whether a token for their MCP server still stands (RFC 7662). */
  resourceServers: z.array(resourceServerSchema).max(100).default([]),
  /**
   * Origins whose pages may call the MCP servers, as browsers send them in `Origin`: of web sites, browser extensions
   * ("chrome-extension://<ID>") and web views ("tauri://localhost"). Pages of any origin may call when none is listed. Programs that
   * are not web pages send no `Origin`, and are not limited by it.
   */
  allowedOrigins: z.array(origin).max(20).default([]),
  /** All in seconds. */
  lifetimes: lifetimesSchema.prefault({}),
  rateLimits: rateLimitsSchema.prefault({}),
});

/** What an operator writes: everything with a default may be left out. */
export type GatewayConfigInput = z.input<typeof gatewaySchema>;
/** The same with every default filled in. */
export type GatewayConfig = z.output<typeof gatewaySchema>;
