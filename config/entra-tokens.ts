import * as z from "zod";
import { entraId } from "./rules/entra-id.ts";
import { appRole, scopeName } from "./values.ts";

/** What a policy carries in a named value: an application ID, or an application ID URI. */
const AUDIENCE = /^[A-Za-z0-9._~:/-]{1,200}$/;

const audience = z
  .string()
  .regex(AUDIENCE, "is an application ID, or an application ID URI of A-Z, a-z, 0-9 and . _ ~ : / -");

const given = z.array(scopeName).min(1).max(20);

/**
 * Lets callers present an Entra access token for the server's application at the gateway, in place of a token of ours. Workloads
 * and agents then need no sign-in, and clients that Entra knows need no registration. No session exists for such a call, and the
 * server gets the token unchanged.
 */
export const entraTokensSchema = z.strictObject({
  /**
   * What the tokens' `aud` may be. The default is the application of `entra.scope`, by its ID and by its URI. Set it where the
   * application ID URI does not hold the application ID.
   */
  audiences: z.array(audience).min(1).max(5).optional(),
  /** Application IDs of the clients that may present a token (`azp`, `appid`). */
  clients: z.array(entraId).min(1).max(100),
  /** Scopes of this server for a token that Entra issued to a person's client, by a delegated scope in its `scp`. */
  users: z.record(appRole, given).default({}),
  /** Scopes of this server for a token that Entra issued to an application itself, by an app role in its `roles`. */
  workloads: z.record(appRole, given).default({}),
});

export const resolvedEntraTokensSchema = z.object({
  audiences: z.array(z.string()).min(1),
  clients: z.array(z.string()),
  users: z.record(z.string(), z.array(z.string())),
  workloads: z.record(z.string(), z.array(z.string())),
});

type EntraTokens = z.output<typeof entraTokensSchema>;

const BY_APPLICATION_ID = /^(?:api:\/\/)?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

/**
 * Finds the audiences of the tokens for a server at a URL. Tokens of version 2.0 have the application's ID, and those of version
 * 1.0 the application ID URI.
 *
 * @param entraScope the whole delegated scope
 * @returns undefined when the scope does not say which application ID it is
 */
export function entraAudiences(
  { audiences }: Pick<EntraTokens, "audiences">,
  entraScope: string,
): readonly string[] | undefined {
  if (audiences) return audiences;
  const id = BY_APPLICATION_ID.exec(entraScope.slice(0, entraScope.lastIndexOf("/")))?.[1];
  return id === undefined ? undefined : [id, `api://${id}`];
}
