import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import type { SignInWishes } from "../../upstream/upstream.ts";
import { redirect } from "../responses.ts";
import { type AuthorizationRequest, requestedServers, signInScopeOf } from "./authorization-request.ts";
import { flowCookies, type SignInFlow } from "./browser-state/sign-in-flow.ts";
import { newSignInId } from "./browser-state/sign-in-id.ts";

/**
 * Sends a person who approved to Entra.
 *
 * @param decided the value of the consent form, and the cookies of the decision; left out where this browser remembers the decision
 */
export function leadApprovedToEntra(
  dependencies: Dependencies,
  request: Request,
  authorization: AuthorizationRequest,
  decided: { readonly transaction?: string; readonly cookies?: readonly string[] } = {},
): Promise<Response> {
  const servers = requestedServers(authorization, dependencies.gateway.servers);
  if (servers.length === 0) {
    throw new OAuthError("invalid_target", "The MCP server is no longer configured.", {
      explanation: "serverGone",
    });
  }
  const wishes = authorization.signIn;
  return leadToEntra(dependencies, request, servers, { request: authorization }, { wishes, ...decided });
}

/** Sends a person to Entra, with the cookie that lets this browser come back. */
export async function leadToEntra(
  dependencies: Dependencies,
  request: Request,
  servers: readonly ResolvedServer[],
  flow: Omit<SignInFlow, "entra" | "expiresAt">,
  {
    wishes,
    transaction,
    cookies = [],
  }: {
    readonly wishes?: SignInWishes | undefined;
    readonly transaction?: string;
    readonly cookies?: readonly string[];
  },
): Promise<Response> {
  const { upstream, now } = dependencies;
  const id = newSignInId(now(), request, transaction);
  const { request: entra, url } = await upstream.startSignIn(signInScopeOf(servers), id, wishes);
  return redirect(url, [...(await flowCookies(dependencies, request, id, { ...flow, entra })), ...cookies]);
}
