import type { ResolvedGateway } from "../../../../../config/resolve.ts";
import type { Client } from "../../../clients/client.ts";
import type { ClientRegistry } from "../../../clients/registry.ts";
import { type Parameters, uniqueParameters } from "../../request-body.ts";
import { checkClient } from "./check-client.ts";
import { checkLoginHint } from "./check-login-hint.ts";
import { checkMaxAge } from "./check-max-age.ts";
import { checkPkce } from "./check-pkce.ts";
import { checkPrompt, type EntraPrompt } from "./check-prompt.ts";
import { checkRedirectUri } from "./check-redirect-uri.ts";
import { checkResource, type RequestedResource } from "./check-resource.ts";
import { checkResponseType } from "./check-response-type.ts";
import { checkScope } from "./check-scope.ts";

type Gateway = Pick<ResolvedGateway, "servers" | "requireResource" | "redirectSchemes">;

/** Checks whether an error may go to the client: until both hold, it is a page (RFC 6749 §4.1.2.1). */
export async function checkRecipient(
  search: URLSearchParams,
  clients: ClientRegistry,
  gateway: Gateway,
): Promise<{ readonly client: Client; readonly redirectUri: string }> {
  const client = await checkClient(search, clients);
  // RFC 9700 §2.1
  const redirectUri = checkRedirectUri(search, client, gateway);
  return { client, redirectUri };
}

/** What the checks find in a request. */
interface Checked {
  readonly parameters: Parameters;
  readonly responseType: "code";
  readonly challenge: string;
  readonly prompt: EntraPrompt | undefined;
  readonly maxAge: number | undefined;
  readonly loginHint: string | undefined;
  readonly resource: RequestedResource;
  readonly scopes: readonly string[];
}

interface Asked {
  readonly search: URLSearchParams;
  readonly gateway: Gateway;
}

/** @param found by the checks before this one */
type Check<T> = (asked: Asked, found: Checked) => T;

/** The checks whose errors the client hears of, in order. The last one, of the size, is `checkSize`. */
const CHECKS: { readonly [Member in keyof Checked]: Check<Checked[Member]> } = {
  // RFC 6749 §3.1, RFC 8707 §2
  parameters: ({ search }) => uniqueParameters(search, "resource"),
  // OAuth 2.1 §4.1.1, RFC 9101
  responseType: (_, { parameters }) => checkResponseType(parameters),
  // OAuth 2.1 §7.5.1, RFC 7636 §4.2
  challenge: (_, { parameters }) => checkPkce(parameters),
  // OpenID Connect Core §3.1.2.1
  prompt: (_, { parameters }) => checkPrompt(parameters),
  maxAge: (_, { parameters }) => checkMaxAge(parameters),
  loginHint: (_, { parameters }) => checkLoginHint(parameters),
  // RFC 8707 §2
  resource: ({ search, gateway }) => checkResource(search, gateway),
  // RFC 6749 §3.3
  scopes: (_, { parameters, resource }) =>
    checkScope(parameters, resource.servers, !resource.resourceLeftOut),
};

/** @throws OAuthError of the first check that fails */
export function checkParameters(search: URLSearchParams, gateway: Gateway): Checked {
  const found: Partial<Record<keyof Checked, unknown>> = {};
  for (const [member, check] of Object.entries(CHECKS) as [keyof Checked, Check<unknown>][]) {
    found[member] = check({ search, gateway }, found as unknown as Checked);
  }
  return found as unknown as Checked;
}
