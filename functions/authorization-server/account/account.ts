import type { Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { Dependencies } from "../dependencies.ts";
import { uniqueParameters } from "../oauth/request-body.ts";
import { accountPage } from "../pages/account-page.ts";
import { presentationFor } from "../pages/presentation.ts";
import { listSessions } from "../sessions/list-sessions.ts";
import { userKey } from "../sessions/user-key.ts";
import { PICK_ACCOUNT } from "./account-url.ts";
import { connectedClients } from "./connected-clients.ts";
import { askToSignIn } from "./sign-in.ts";
import { readSignedIn, signedInCookie } from "./signed-in.ts";
import { whose } from "./whose.ts";

/**
 * `GET /account`: the clients that a person allowed, with a way to end each; one query. Whoever is not signed in is sent
 * to Entra first, with `prompt=select_account` to pick the account, and comes back here. `user`, an object ID, shows an operator
 * another's.
 */
export function account(dependencies: Dependencies): Endpoint {
  const { gateway, sessions, tenants } = dependencies;
  return async (request, call) => {
    const parameters = uniqueParameters(new URL(request.url).searchParams);
    const named = parameters.get("user");
    const signedIn = await readSignedIn(dependencies, request);
    if (!signedIn) {
      const prompt = parameters.get("prompt") === PICK_ACCOUNT ? PICK_ACCOUNT : undefined;
      return askToSignIn(dependencies, request, { user: named?.slice(0, 100), prompt });
    }
    const about = whose(signedIn, tenants, named);
    const { tenantId, objectId } = about;
    const listed = await listSessions(sessions, userKey(gateway.issuer, tenantId, objectId));
    if (!about.isOwn) {
      audit(call, "account_viewed", {
        user: objectId,
        tenant: tenantId,
        by: signedIn.objectId,
        from: request.headers.get("sec-fetch-site") === "same-origin" ? "page" : "link",
      });
    }
    const { outcome, ...rest } = signedIn;
    return accountPage({
      presentation: presentationFor(gateway, request),
      lifetimes: gateway.lifetimes,
      signedIn,
      another: about.named,
      clients: connectedClients(gateway.servers, listed.sessions),
      more: listed.more,
      outcome,
      cookies: outcome ? [await signedInCookie(dependencies, rest)] : [],
    });
  };
}
