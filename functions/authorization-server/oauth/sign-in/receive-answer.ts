import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { routes } from "../../routes.ts";
import { readForm } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { answerCookies, canBeState } from "./browser-state/answer-cookies.ts";
import { entraAnswer } from "./entra-answer.ts";

/**
 * `POST /callback`: Entra's page posts its answer (OAuth 2.0 Form Post Response Mode), because a code is too long for the query that API
 * Management takes. No operation of the store, and nothing is decided here: a browser sends no cookie with a form from another site. The
 * answer goes into the browser, and the browser goes to `GET /callback`, which knows whose sign-in it is.
 */
export function receiveAnswer(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return async (request) => {
    requireNavigation(request);
    const form = await readForm(request);
    const state = form.get("state") ?? "";
    if (!canBeState(state)) {
      throw new OAuthError("invalid_request", "The answer names no sign-in of ours.", {
        reason: "no_state_of_ours",
        explanation: "signInNotHere",
      });
    }
    const query = new URLSearchParams({ state });
    return redirect(
      `${gateway.issuer}${routes.callback.path}?${query}`,
      await answerCookies(dependencies, state, entraAnswer(form)),
    );
  };
}

/**
 * Entra's page navigates the whole tab. A frame or a script of any site could post, too, but its browser keeps no `Lax` cookie of the
 * answer (Fetch Metadata Request Headers §2.1). Where the form comes from says nothing: Entra posts from several hosts, and some browsers
 * hide the origin.
 *
 * @throws OAuthError `invalid_request`, status 403
 */
function requireNavigation({ headers }: Request): void {
  if (headers.get("sec-fetch-dest") === "document") return;
  throw new OAuthError("invalid_request", "The form does not navigate a tab.", {
    reason: "no_navigation",
    status: 403,
    explanation: "signInNotHere",
  });
}
