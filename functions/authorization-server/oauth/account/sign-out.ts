import type { Endpoint } from "../../../platform/endpoint.ts";
import { noticePage } from "../../pages/notice-page.ts";
import { routes } from "../../routes.ts";
import type { Dependencies } from "../dependencies.ts";
import { redirect } from "../responses.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { accountUrl } from "./account-url.ts";
import { answeringOnAccount } from "./answering.ts";
import { signOutCookie } from "./signed-in.ts";

/** `POST /account/sign-out`: forgets in this browser who is signed in to the account page. */
export function accountSignOut({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return answeringOnAccount(gateway, "account-sign-out", async (request) => {
    requireSameOrigin(request, gateway.issuer);
    return redirect(`${gateway.issuer}${routes["account-signed-out"].path}`, [signOutCookie()]);
  });
}

/** `GET /account/signed-out`: says so, and what is not ended by it. */
export function accountSignedOut({ gateway }: Pick<Dependencies, "gateway">): Endpoint {
  return answeringOnAccount(gateway, "account-signed-out", async () =>
    noticePage({
      gatewayName: gateway.name,
      title: "You are signed out",
      text: "You are signed out of this page. Your applications stay connected, and this browser stays signed in to Microsoft; on a computer that others use, sign out there, too.",
      link: { url: accountUrl(gateway), label: "Sign in again" },
      status: 200,
    }),
  );
}
