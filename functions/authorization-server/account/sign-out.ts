import type { Endpoint } from "../../platform/endpoint.ts";
import type { Dependencies } from "../dependencies.ts";
import { redirect } from "../oauth/responses.ts";
import { requireSameOrigin } from "../oauth/same-origin.ts";
import { noticePage } from "../pages/notice-page.ts";
import { presentationFor } from "../pages/presentation.ts";
import { routes } from "../routes.ts";
import { accountUrl, PICK_ACCOUNT } from "./account-url.ts";
import { signOutCookie } from "./signed-in.ts";

/** `POST /account/sign-out`: forgets in this browser who is signed in to the account page. */
export function accountSignOut({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return async (request) => {
    requireSameOrigin(request, gateway.issuer, "accountFormRefused");
    return redirect(`${gateway.issuer}${routes["account-signed-out"].path}`, [signOutCookie()]);
  };
}

/** `GET /account/signed-out`: says so, and what is not ended by it. */
export function accountSignedOut({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return async (request) => {
    const presentation = presentationFor(gateway, request);
    const words = presentation.language.account;
    return noticePage({
      presentation,
      title: words.signedOut,
      text: words.whatSignedOutMeans,
      link: { url: accountUrl(gateway, { prompt: PICK_ACCOUNT }), label: words.signInAgain },
      status: 200,
    });
  };
}
